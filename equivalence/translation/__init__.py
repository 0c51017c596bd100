"""The words of a translation: what an entry sees and says, without any framework."""
