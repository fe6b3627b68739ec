"""Whether services keep anything in themselves: in files, or in their processes' memory."""
