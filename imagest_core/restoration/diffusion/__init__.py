"""Latent diffusion: pipeline, sampler, sessions."""
