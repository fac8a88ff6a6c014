using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>Outputs of a batch in the user's units, row-major. Rows are written by different threads.</summary>
internal sealed unsafe class DenseResults
{
    private readonly ConstraintLayout _layout;
    private readonly DenseOutcome[] _outcomes;

    public DenseResults(ConstraintLayout layout, int rows)
    {
        _layout = layout;
        _outcomes = new DenseOutcome[rows];
        Z = new double[rows * layout.ActualVariables];
        Nu = new double[rows * layout.Equalities];
        General = new ConstraintValues(rows, layout.Inequalities, 0);
        Lower = layout.HasLower ? new ConstraintValues(rows, layout.ActualVariables, layout.LowerOffset) : null;
        Upper = layout.HasUpper ? new ConstraintValues(rows, layout.ActualVariables, layout.UpperOffset) : null;
    }

    public double[] Z { get; }

    public double[] Nu { get; }

    public ConstraintValues General { get; }

    public ConstraintValues? Lower { get; }

    public ConstraintValues? Upper { get; }

    public SolveStatus Status(int row) => _outcomes[row].Status;

    /// <summary>Marks a row that was not solved.</summary>
    public void Fail(int row, SolveStatus status)
    {
        _outcomes[row] = new DenseOutcome(status, 0);
        Array.Fill(Z, double.NaN, row * _layout.ActualVariables, _layout.ActualVariables);
        Array.Fill(Nu, double.NaN, row * _layout.Equalities, _layout.Equalities);
        General.Fail(row);
        Lower?.Fail(row);
        Upper?.Fail(row);
    }

    /// <summary>Stores a row.</summary>
    /// <param name="row">Its index.</param>
    /// <param name="data">Its data.</param>
    /// <param name="x">Its solution in normal units.</param>
    /// <param name="fixedGradient">The gradient of the Lagrangian without the limits of fixed variables, which they balance.</param>
    /// <param name="outcome">How it ended.</param>
    public void Store(int row, DenseRow data, DenseIterate x, double* fixedGradient, DenseOutcome outcome)
    {
        if (outcome.Status is SolveStatus.Infeasible or SolveStatus.Unbounded or SolveStatus.Diverged)
        {
            Fail(row, outcome.Status);
            _outcomes[row] = outcome;
            return;
        }

        _outcomes[row] = outcome;
        for (int i = 0; i < _layout.ActualVariables; i++)
        {
            Z[(row * _layout.ActualVariables) + i] = (x.Z[i] * data.VariableUnit[i]) + data.FixedValue[i];
        }

        for (int i = 0; i < _layout.Equalities; i++)
        {
            Nu[(row * _layout.Equalities) + i] = x.Nu[i] * (data.ObjectiveUnit / data.EqualityUnit[i]);
        }

        General.Store(row, data, x);
        Lower?.Store(row, data, x);
        Upper?.Store(row, data, x);
        for (int i = 0; data.HasFixed && i < _layout.ActualVariables; i++)
        {
            if (data.Fixing[i] > 0)
            {
                double gradient = fixedGradient[i] * (data.ObjectiveUnit / data.VariableUnit[i]);
                StoreFixed(row, gradient < 0 ? data.Room.Upper(i) : data.Room.Lower(i), Math.Abs(gradient));
            }
        }
    }

    /// <summary>Copies a row into an iterate in normal units; false where it is not finite.</summary>
    public bool LoadInto(int row, DenseRow data, DenseIterate x)
    {
        bool finite = true;
        for (int i = 0; i < _layout.ActualVariables; i++)
        {
            double value = Z[(row * _layout.ActualVariables) + i];
            finite &= double.IsFinite(value);
            x.Z[i] = data.Fixing[i] > 0 ? 0 : value / data.VariableUnit[i];
        }

        for (int i = 0; i < _layout.Equalities; i++)
        {
            x.Nu[i] = Nu[(row * _layout.Equalities) + i] / (data.ObjectiveUnit / data.EqualityUnit[i]);
        }

        new Span<double>(x.S, _layout.Length).Fill(1);
        new Span<double>(x.Lambda, _layout.Length).Clear();
        General.LoadInto(row, data, x);
        Lower?.LoadInto(row, data, x);
        Upper?.LoadInto(row, data, x);
        return finite;
    }

    public void ReadFrom(QuadraticStart start)
    {
        Read(start.Z, Z);
        Read(start.Nu, Nu);
        Read(start.Lambda, General.Multipliers);
        Read(start.LowerMultipliers, Lower?.Multipliers);
        Read(start.UpperMultipliers, Upper?.Multipliers);
    }

    public QuadraticSolution ToSolution(QuadraticProblem problem, Func<int, QuadraticDiagnosis> diagnose, IQuadraticAdjoint adjoint)
    {
        long batch = problem.BatchSize, n = problem.Variables;
        return new QuadraticSolution(problem, adjoint, diagnose, _outcomes)
        {
            Z = ToTensor(Z, batch, n),
            Lambda = ToTensor(General.Multipliers, batch, problem.Inequalities),
            Nu = ToTensor(Nu, batch, problem.Equalities),
            LowerMultipliers = Lower is null ? null : ToTensor(Lower.Multipliers, batch, n),
            UpperMultipliers = Upper is null ? null : ToTensor(Upper.Multipliers, batch, n),
            Objective = ToTensor(Array.ConvertAll(_outcomes, o => o.Objective), batch),
        };

        Tensor ToTensor(double[] values, params long[] shape) => NativeTensor.Of(values, shape, problem.P.device).to(problem.P.dtype);
    }

    /// <summary>Writes these rows into a larger batch, at the given indices.</summary>
    public void MergeInto(Batched.BatchedState state, int[] rows, DenseOutcome[] outcomes)
    {
        Tensor indices = tensor(Array.ConvertAll(rows, r => (long)r), device: state.Z.device);
        ConstraintValues[] parts = [.. new[] { General, Lower, Upper }.OfType<ConstraintValues>()];
        Write(state.Z, ToTensor(Z, _layout.ActualVariables));
        Write(state.Nu, ToTensor(Nu, _layout.Equalities));
        Write(state.Slack, cat([.. parts.Select(c => ToTensor(c.Slacks, c.Count))], 1));
        Write(state.Lambda, cat([.. parts.Select(c => ToTensor(c.Multipliers, c.Count))], 1));
        for (int i = 0; i < rows.Length; i++)
        {
            outcomes[rows[i]] = _outcomes[i];
        }

        Tensor ToTensor(double[] values, int columns) => NativeTensor.Of(values, [rows.Length, columns]);
        void Write(Tensor target, Tensor source) => target.index_copy_(0, indices, source.to(target.device));
    }

    private void StoreFixed(int row, VariableRoom.Limit limit, double multiplier)
    {
        ConstraintValues part = limit.Constraint < _layout.General ? General : _layout.HasLower && limit.Constraint < _layout.UpperOffset ? Lower! : Upper!;
        part.StoreFixed(row, limit.Constraint, multiplier / limit.Coefficient);
    }

    private static void Read(Tensor? source, double[]? target)
    {
        if (source is not null && target is { Length: > 0 })
        {
            using DisposeScope scope = NewDisposeScope();
            source.detach().to(ScalarType.Float64).cpu().contiguous().data<double>().CopyTo(target);
        }
    }
}
