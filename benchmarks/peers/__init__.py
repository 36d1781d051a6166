"""What a team would pick instead: a job or task per message, with each project's own worker, lean and without rules."""
