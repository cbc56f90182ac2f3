"""What every room needs: errors, whole files, run directories, checks of settings."""
