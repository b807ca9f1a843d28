"""The provider itself: its companies (CNPJ), its people, their roles and tokens."""
