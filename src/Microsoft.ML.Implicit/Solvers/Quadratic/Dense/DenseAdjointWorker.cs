using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>
/// Workspace of one thread that solves Q dz + Cᵀu + Aᵀdν = -g_z, C dz - (s / λ) u = -g_λ, A dz = -g_ν by the reduced system,
/// regularised, and refined against the system before its reduction until the corrections vanish.
/// </summary>
internal sealed unsafe class DenseAdjointWorker
{
    private const double Regularisation = 1e-10;
    private const double NegligibleCorrection = 1e-13;
    private const int MaximumRefinements = 6;

    // A constraint without slack holds its variable even where nothing pulls at it.
    private const double SlightestPull = 1e-280;

    private readonly ConstraintLayout _layout;
    private readonly bool _loadsMatrices;
    private readonly DenseMatrices _matrices;
    private readonly DenseRow _row;
    private readonly DenseIterate _x;
    private readonly KktFactor _factor;
    private readonly PinnedBuffer _buffer;
    private readonly double* _gradZ;
    private readonly double* _gradNu;
    private readonly double* _gradConstraints;
    private readonly double* _dz;
    private readonly double* _dnu;
    private readonly double* _u;
    private readonly double* _r1;
    private readonly double* _r2;
    private readonly double* _r3;
    private readonly double* _weights;
    private readonly double* _constraints;
    private readonly double* _workspace;

    public DenseAdjointWorker(ConstraintLayout layout, DenseMatrices? shared, ThreadTeam team)
    {
        _layout = layout;
        _loadsMatrices = shared is null;
        _matrices = shared ?? new DenseMatrices(layout, team);
        _row = new DenseRow(layout);
        _x = new DenseIterate(layout);
        _factor = new KktFactor(layout, team);
        _buffer = new PinnedBuffer((3 * layout.Variables) + (4 * layout.PaddedEqualities) + (5 * layout.Length));
        _gradZ = _buffer.Take(layout.Variables);
        _dz = _buffer.Take(layout.Variables);
        _r1 = _buffer.Take(layout.Variables);
        _gradNu = _buffer.Take(layout.PaddedEqualities);
        _dnu = _buffer.Take(layout.PaddedEqualities);
        _r2 = _buffer.Take(layout.PaddedEqualities);
        _gradConstraints = _buffer.Take(layout.Length);
        _u = _buffer.Take(layout.Length);
        _r3 = _buffer.Take(layout.Length);
        _weights = _buffer.Take(layout.Length);
        _constraints = _buffer.Take(layout.Length);
        _workspace = _buffer.Take(layout.PaddedEqualities);
    }

    public void Solve(DenseData data, int index, DenseResults results, DenseGradients gradients)
    {
        if (results.Status(index) != SolveStatus.Converged)
        {
            gradients.Fail(index);
            return;
        }

        if (_loadsMatrices)
        {
            data.LoadMatrices(_matrices, index);
        }

        data.LoadRow(_row, _matrices, index, fixesVariables: false);
        results.LoadInto(index, _row, _x);
        gradients.Load(index, _row, _gradZ, _gradNu, _gradConstraints);
        Factor();
        new Span<double>(_dz, _layout.Variables).Clear();
        new Span<double>(_dnu, _layout.PaddedEqualities).Clear();
        new Span<double>(_u, _layout.Length).Clear();
        for (int i = 0; i < MaximumRefinements && Correct() > NegligibleCorrection; i++)
        {
        }

        gradients.Store(index, _row, _dz, _dnu, _u);
    }

    private void Factor()
    {
        for (int i = 0; i < _layout.Length; i++)
        {
            _x.Lambda[i] = _x.S[i] == 0 ? Math.Max(_x.Lambda[i], SlightestPull) : _x.Lambda[i];
            _weights[i] = _row.Active[i] * _x.Lambda[i] / (_x.S[i] + (Regularisation * _x.Lambda[i]) + double.Epsilon);
        }

        _factor.Factor(_row, _weights, Regularisation);
    }

    // Adds one solve against the current residual; returns the size of the correction relative to the solution.
    private double Correct()
    {
        _row.ApplyConstraints(_dz, _constraints);
        for (int i = 0; i < _layout.Length; i++)
        {
            double share = _row.Active[i] * _x.S[i] / (_x.S[i] + (Regularisation * _x.Lambda[i]) + double.Epsilon);
            _r3[i] = (share * _u[i]) - (_weights[i] * (_gradConstraints[i] + _constraints[i]));
        }

        Vectors.Combine(_u, -1, _r3, _constraints, _layout.Length);
        _row.ApplyHessian(_dz, _r1);
        _row.AddTransposedConstraints(_constraints, _r1);
        _row.AddTransposedEqualities(_dnu, _r1);
        for (int i = 0; i < _layout.Variables; i++)
        {
            _r1[i] = -_gradZ[i] - _r1[i];
        }

        _row.ApplyEqualities(_dz, _r2);
        for (int i = 0; i < _layout.PaddedEqualities; i++)
        {
            _r2[i] = -_gradNu[i] - _r2[i];
        }

        _factor.Solve(_matrices, _r1, _r2, _workspace);
        Vectors.Add(_r1, 1, _dz, _layout.Variables);
        Vectors.Add(_r2, 1, _dnu, _layout.PaddedEqualities);
        _row.ApplyConstraints(_r1, _constraints);
        for (int i = 0; i < _layout.Length; i++)
        {
            _u[i] += (_weights[i] * _constraints[i]) - _r3[i];
        }

        double size = Vectors.MaxMagnitude(_dz, _layout.Variables) + Vectors.MaxMagnitude(_dnu, _layout.PaddedEqualities);
        return (Vectors.MaxMagnitude(_r1, _layout.Variables) + Vectors.MaxMagnitude(_r2, _layout.PaddedEqualities)) / Math.Max(size, double.Epsilon);
    }
}
