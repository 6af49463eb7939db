"""The Kitt Peak EMCCD Demonstrator."""
