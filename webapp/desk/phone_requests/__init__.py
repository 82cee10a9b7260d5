"""A participant rings without their code: finding them, and what a coordinator does for them."""
