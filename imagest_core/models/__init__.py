"""The Imagest network: style encoder, autoencoder, conditional U-Net, noise and checkpoints.

Everything in here needs torch; import it only where a network is really run.
"""
