"""Presentation: form fields, messages in words, template filters, languages. No storage and no business rules."""
