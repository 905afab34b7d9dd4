"""The project document: damage, results and decisions of one scan, with a complete history in one file."""
