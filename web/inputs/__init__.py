"""What people and programs may say of each thing: one model a thing, judged alike for the API and for forms."""
