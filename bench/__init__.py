"""How fast Hearth is, measured against a bare "hello" under the same server in the same run."""
