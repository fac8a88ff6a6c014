namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;

/// <summary>The room that bounds, and rows of G with one entry, leave each variable of a row, in the user's units.</summary>
internal sealed class VariableRoom(ConstraintLayout layout)
{
    // Limits nearer to each other than this, relative to their magnitude, fix a variable.
    private const double NoRoom = 2e-10;

    private readonly Limit[] _lower = new Limit[layout.ActualVariables];
    private readonly Limit[] _upper = new Limit[layout.ActualVariables];

    /// <summary>A constraint that limits a variable: its index, its value in the direction that it limits, and the magnitude of its coefficient.</summary>
    public readonly record struct Limit(int Constraint, double Value, double Coefficient);

    public Limit Lower(int variable) => _lower[variable];

    public Limit Upper(int variable) => _upper[variable];

    public double Middle(int variable) => 0.5 * (_upper[variable].Value - _lower[variable].Value);

    public bool IsFixed(int variable)
    {
        double low = _lower[variable].Value, high = _upper[variable].Value;
        return Math.Max(low, high) < double.PositiveInfinity && Math.Abs(high + low) <= NoRoom * Math.Max(Math.Abs(low), Math.Abs(high));
    }

    public void Clear()
    {
        var none = new Limit(0, double.PositiveInfinity, 1);
        Array.Fill(_lower, none);
        Array.Fill(_upper, none);
    }

    /// <summary>Takes in coefficient · variable ≤ right-hand side.</summary>
    public void Include(int constraint, int variable, double coefficient, double rightHandSide)
    {
        Limit[] limits = coefficient > 0 ? _upper : _lower;
        double magnitude = Math.Abs(coefficient), value = rightHandSide / magnitude;
        if (value < limits[variable].Value)
        {
            limits[variable] = new Limit(constraint, value, magnitude);
        }
    }
}
