"""Makes or repairs `.venv` from the hashed locks in requirements/. Standard library only: it runs before there is one."""
