"""Where a painting is damaged: maps of damage, masks in and out, deriving, detecting, regions, figures.

Start at :class:`imagest_core.damage.map.DamageMap`.
"""
