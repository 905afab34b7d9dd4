"""Metadata of scans: EXIF, XMP, IPTC, Photoshop resources, embedded previews and notes for the user."""
