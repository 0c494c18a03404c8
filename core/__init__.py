"""The ground floor: storage, time, permission, trouble. No neighbourhood word appears here."""
