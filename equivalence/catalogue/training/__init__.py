"""What compile, fit, evaluate and predict do, as plain loops; policies of dtypes."""
