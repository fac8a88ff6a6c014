using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>
/// The stages of a diagonally implicit step. The Jacobian of every row, by forward differences, is factorised once a step
/// and serves the Newton iterations of all its stages.
/// </summary>
internal sealed class ImplicitStages : IDisposable
{
    private const int MaximumNewtonIterations = 10;

    // Newton's method stops at a small part of what the step itself is allowed to be wrong by (Hairer, Wanner II, IV.8).
    private const double NewtonTolerance = 0.01;

    private readonly IOdeTerm _term;
    private readonly DiagonallyImplicitRungeKutta _method;
    private readonly long[] _shape;
    private readonly long _width;
    private readonly double _epsilon;
    private readonly PiStepControl _fixedStepTolerance;
    private Tensor? _jacobian;

    /// <param name="term">Right-hand side, whose rows do not depend on one another.</param>
    /// <param name="method">Method.</param>
    /// <param name="initialState"><c>[batch, ...]</c>, for its shape, type and device.</param>
    /// <param name="normLength">
    /// Number of leading elements of the flat state that error norms cover. The others, which f must not depend on, are left out
    /// of the Jacobian. It is less than all only for a single row.
    /// </param>
    public ImplicitStages(IOdeTerm term, DiagonallyImplicitRungeKutta method, Tensor initialState, long normLength)
    {
        _term = term;
        _method = method;
        _shape = initialState.shape;
        _width = normLength / _shape[0];
        _epsilon = OdeArguments.Epsilon(initialState.dtype);
        _fixedStepTolerance = new PiStepControl { RelativeTolerance = 1e3 * _epsilon, AbsoluteTolerance = 1e3 * _epsilon };
        using Tensor flat = initialState.reshape(-1);
        Values = new StageBuffer(method, flat);
    }

    /// <summary>The stages; the first must be set, by <see cref="EvaluateFirst"/> or <see cref="Advance"/>, before others are solved for.</summary>
    public StageBuffer Values { get; }

    /// <summary>Evaluations of f so far.</summary>
    public int Evaluations { get; private set; }

    /// <summary>Evaluates f at a flat state.</summary>
    public Tensor Evaluate(double time, Tensor flat)
    {
        Evaluations++;
        Tensor state = flat.view(_shape);
        Tensor slope = _term.Evaluate(time, state);
        OdeArguments.ValidateSlope(slope, state);
        return slope.reshape(-1);
    }

    /// <summary>Begins at a state that no step ended at.</summary>
    public void EvaluateFirst(double time, Tensor state)
    {
        ForgetJacobian();
        Values.Row(0).copy_(Evaluate(time, state));
    }

    /// <summary>Begins at the end of the step solved last.</summary>
    public void Advance()
    {
        ForgetJacobian();
        Values.Row(0).copy_(Values.Row(_method.EndStage));
    }

    /// <summary>Solves for the stages after the first.</summary>
    /// <param name="time">Time at the step's start.</param>
    /// <param name="size">Signed size.</param>
    /// <param name="state">State at the step's start, <c>[n]</c>.</param>
    /// <param name="control">Tolerances; <see langword="null"/> for those of rounding.</param>
    /// <returns>State at the step's end; <see langword="null"/> where Newton's method does not converge.</returns>
    public Tensor? Solve(double time, double size, Tensor state, PiStepControl? control)
    {
        using DisposeScope scope = NewDisposeScope();
        Values.SetStepSize(size);
        _jacobian ??= Jacobian(time, state).DetachFromDisposeScope();
        double weight = size * _method.Diagonal;
        Tensor matrix = eye(_width, dtype: state.dtype, device: state.device) - (_jacobian * weight.Held());
        (Tensor factors, Tensor? pivots) = linalg.lu_factor(matrix);
        Tensor scale = Scale(state, state, control ?? _fixedStepTolerance);
        Tensor? point = null;
        for (int i = 1; i <= _method.EndStage; i++)
        {
            using DisposeScope stage = NewDisposeScope();
            Tensor known = Values.Combine(state, i);
            point?.Dispose();
            point = SolveStage(time + (_method.C[i] * size), known, Values.Row(i - 1), weight, (factors, pivots!), scale);
            if (point is null)
            {
                return null;
            }

            // The slope that belongs to the solved point; evaluating f there would multiply Newton's error by its stiffness.
            Values.Row(i).copy_((point - known).div_(weight.Held()));
            point.MoveToOuterDisposeScope();
        }

        return point!.MoveToOuterDisposeScope();
    }

    /// <summary>Weighted error of the step solved last.</summary>
    public double Error(double size, Tensor state, Tensor end, PiStepControl control) => Math.Abs(size) * Norm(Values.CombineError().div_(Scale(state, end, control)));

    /// <summary>Root mean square.</summary>
    public double Norm(Tensor flat)
    {
        long length = _width * _shape[0];
        Tensor leading = length == flat.numel() ? flat : flat.narrow(0, 0, length);
        return leading.norm().to(ScalarType.Float64).item<double>() / Math.Sqrt(length);
    }

    /// <summary>What errors are weighed with.</summary>
    public static Tensor Scale(Tensor a, Tensor b, PiStepControl control) =>
        maximum(a.abs(), b.abs()).mul_(control.RelativeTolerance.Held()).PlusInPlace(control.AbsoluteTolerance.Held());

    /// <summary>Tells for each row whether its first stage or Jacobian is not finite.</summary>
    public Tensor FindRowsNotFinite()
    {
        Tensor finite = Values.Finite(1).view(_shape[0], -1).all(1);
        return (_jacobian is null ? finite : finite.logical_and(_jacobian.isfinite().view(_shape[0], -1).all(1))).logical_not();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ForgetJacobian();
        Values.Dispose();
    }

    // [batch, width, width], one evaluation of f for each column.
    private Tensor Jacobian(double time, Tensor state)
    {
        Tensor rows = state.view(_shape[0], -1);
        Tensor slope = Evaluate(time, state).view(rows.shape);
        Tensor step = rows.abs().PlusInPlace(1.Held()).mul_(Math.Sqrt(_epsilon).Held());
        var columns = new Tensor[_width];
        for (int j = 0; j < columns.Length; j++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor moved = rows.clone();
            moved.select(1, j).PlusInPlace(step.select(1, j));
            Tensor column = (Evaluate(time, moved.view(-1)).view(rows.shape) - slope).div_(step.select(1, j).unsqueeze(1));
            columns[j] = column.narrow(1, 0, _width).MoveToOuterDisposeScope();
        }

        return stack(columns, 2);
    }

    // Null where Newton's method does not converge.
    private Tensor? SolveStage(double time, Tensor known, Tensor guess, double weight, (Tensor Factors, Tensor Pivots) matrix, Tensor scale)
    {
        Tensor point = known.Plus(guess * weight.Held());
        double previous = double.PositiveInfinity;
        for (int k = 0; k < MaximumNewtonIterations; k++)
        {
            Tensor residual = (known - point).Plus(Evaluate(time, point) * weight.Held());
            Tensor change = SolveLinear(matrix, residual.view(_shape[0], -1)).reshape(-1);
            point = point.Plus(change);
            double norm = Norm(change / scale);
            if (norm <= NewtonTolerance)
            {
                return point;
            }

            if (!(norm < 2 * previous))
            {
                return null;
            }

            previous = norm;
        }

        return null;
    }

    private Tensor SolveLinear((Tensor Factors, Tensor Pivots) matrix, Tensor residual)
    {
        long rest = residual.shape[1] - _width;
        Tensor leading = linalg.lu_solve(matrix.Factors, matrix.Pivots, residual.narrow(1, 0, _width).unsqueeze(2)).squeeze(2);
        return rest == 0 ? leading : cat([leading, residual.narrow(1, _width, rest)], 1);
    }

    private void ForgetJacobian()
    {
        _jacobian?.Dispose();
        _jacobian = null;
    }
}
