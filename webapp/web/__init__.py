"""What every request passes: view guards and CSRF, security headers, error pages, static files, logs."""
