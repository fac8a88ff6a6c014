using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;

/// <summary>
/// Turns an iterate that seems to run off into a direction of recession along which the objective falls, exact to within rounding, or finds that there is none
/// near it: then the solution is merely far away.
/// </summary>
internal sealed unsafe class RecessionDirection
{
    // Weight and proximal term of the least change that keeps the direction on constraints it leaves, or is this near to leaving.
    private const double Weight = 1e8;
    private const double Regularisation = 1e-8;
    private const double Tight = 1e-5;
    private const int Corrections = 3;

    // Of the objective's fall.
    private const double LeastKept = 0.5;
    private const double Rounding = 1e-12;

    private readonly ConstraintLayout _layout;
    private readonly PinnedBuffer _buffer;
    private readonly double* _weights;
    private readonly double* _constraints;
    private readonly double* _curvature;
    private readonly double* _equalities;
    private readonly double* _workspace;

    public RecessionDirection(ConstraintLayout layout)
    {
        _layout = layout;
        _buffer = new PinnedBuffer((2 * layout.Variables) + (2 * layout.Length) + (2 * layout.PaddedEqualities));
        Direction = _buffer.Take(layout.Variables);
        _curvature = _buffer.Take(layout.Variables);
        _weights = _buffer.Take(layout.Length);
        _constraints = _buffer.Take(layout.Length);
        _equalities = _buffer.Take(layout.PaddedEqualities);
        _workspace = _buffer.Take(layout.PaddedEqualities);
    }

    /// <summary>The direction found last.</summary>
    public double* Direction { get; }

    /// <summary>Looks for a direction near that of an iterate or step.</summary>
    /// <param name="row">The row's data.</param>
    /// <param name="z">The iterate or step.</param>
    /// <param name="factor">Overwritten.</param>
    public bool Find(DenseRow row, double* z, KktFactor factor)
    {
        double descent = -Vectors.Dot(row.P, z, _layout.Variables);
        if (!(descent > 0))
        {
            return false;
        }

        new Span<double>(Direction, _layout.Variables).Clear();
        Vectors.Add(z, 1 / descent, Direction, _layout.Variables);
        row.ApplyConstraints(Direction, _constraints);
        for (int i = 0; i < _layout.Length; i++)
        {
            _weights[i] = _constraints[i] > -Tight ? row.Active[i] * Weight : 0;
        }

        factor.Factor(row, _weights, Regularisation);
        for (int i = 0; i < Corrections; i++)
        {
            Correct(row, factor);
        }

        return IsRecession(row);
    }

    private void Correct(DenseRow row, KktFactor factor)
    {
        row.ApplyConstraints(Direction, _constraints);
        Vectors.Multiply(_constraints, _weights, -1, _constraints, _layout.Length);
        row.ApplyHessian(Direction, _curvature);
        for (int i = 0; i < _layout.Variables; i++)
        {
            _curvature[i] = -_curvature[i];
        }

        row.AddTransposedConstraints(_constraints, _curvature);
        row.ClearFixed(_curvature);
        row.ApplyEqualities(Direction, _equalities);
        for (int i = 0; i < _layout.PaddedEqualities; i++)
        {
            _equalities[i] = -_equalities[i];
        }

        factor.Solve(row.Matrices, _curvature, _equalities, _workspace);
        Vectors.Add(_curvature, 1, Direction, _layout.Variables);
    }

    private bool IsRecession(DenseRow row)
    {
        double negligible = Rounding * Vectors.MaxMagnitude(Direction, _layout.Variables);
        row.ApplyHessian(Direction, _curvature);
        row.ApplyEqualities(Direction, _equalities);
        row.ApplyConstraints(Direction, _constraints);
        double outward = 0;
        for (int i = 0; i < _layout.Length; i++)
        {
            outward = Math.Max(outward, _constraints[i]);
        }

        row.ClearFixed(_curvature);
        return -Vectors.Dot(row.P, Direction, _layout.Variables) > LeastKept
            && Vectors.MaxMagnitude(_curvature, _layout.Variables) <= negligible
            && Vectors.MaxMagnitude(_equalities, _layout.PaddedEqualities) <= negligible
            && outward <= negligible;
    }
}
