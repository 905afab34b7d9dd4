"""Damage maps, masks, damage detection, regions and damage statistics.

Start at :class:`imagest_core.damage.map.DamageMap`.
"""
