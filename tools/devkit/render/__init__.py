"""Table → artefacts. Rendering is pure; `writer` alone touches the disk."""
