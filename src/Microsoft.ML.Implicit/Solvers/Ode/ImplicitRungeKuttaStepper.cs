using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>
/// A diagonally implicit Runge-Kutta method over tensors. The Jacobian of every row, by forward differences, is factorised
/// once a step and serves all its stages.
/// </summary>
internal sealed class ImplicitRungeKuttaStepper : OdeStepper
{
    private const int MaximumNewtonIterations = 10;

    // Newton's method stops at a small part of what the step itself is allowed to be wrong by (Hairer, Wanner II, IV.8).
    private const double NewtonTolerance = 0.01;

    private readonly IOdeTerm _term;
    private readonly DiagonallyImplicitRungeKutta _method;
    private readonly long[] _shape;
    private readonly Tensor _outputs;
    private readonly StageBuffer _stages;
    private readonly PiStepControl _fixedStepTolerance;
    private Tensor _state;
    private Tensor _trial;
    private Tensor? _jacobian;
    private double _size;
    private bool _firstReady;

    /// <param name="term">Right-hand side, whose rows do not depend on one another.</param>
    /// <param name="method">Method.</param>
    /// <param name="initialState"><c>[batch, ...]</c>.</param>
    /// <param name="outputs"><c>[times, batch * ...]</c>, written.</param>
    public ImplicitRungeKuttaStepper(IOdeTerm term, DiagonallyImplicitRungeKutta method, Tensor initialState, Tensor outputs)
    {
        _term = term;
        _method = method;
        _shape = initialState.shape;
        _outputs = outputs;
        _state = initialState.reshape(-1).clone().DetachFromDisposeScope();
        _trial = _state;
        _stages = new StageBuffer(method, _state);
        double tolerance = 1e3 * OdeArguments.Epsilon(_state.dtype);
        _fixedStepTolerance = new PiStepControl { RelativeTolerance = tolerance, AbsoluteTolerance = tolerance };
    }

    public override double Epsilon => OdeArguments.Epsilon(_state.dtype);

    public override int RowCount => (int)_shape[0];

    public override double EstimateInitialStep(double time, double direction, PiStepControl control)
    {
        using DisposeScope scope = NewDisposeScope();
        EvaluateFirst(time);
        Tensor slope = _stages.Row(0);
        Tensor scale = Scale(_state, _state, control);
        double d0 = Norm(_state / scale);
        double d1 = Norm(slope / scale);
        double h0 = InitialStep.FirstGuess(d0, d1);
        if (!double.IsFinite(h0))
        {
            return double.NaN;
        }

        Tensor probe = Evaluate(time + (direction * h0), _state + (slope * (direction * h0).Held()));
        return InitialStep.Estimate(h0, d1, Norm(probe.sub(slope).div_(scale)) / h0, _method.Order);
    }

    public override double TryStep(double time, double size, PiStepControl? control)
    {
        using DisposeScope scope = NewDisposeScope();
        _size = size;
        _stages.SetStepSize(size);
        EvaluateFirst(time);
        (Tensor factors, Tensor pivots) = Factorise(time, size);
        Tensor scale = Scale(_state, _state, control ?? _fixedStepTolerance);
        for (int i = 1; i <= _method.EndStage; i++)
        {
            Tensor known = _stages.Combine(_state, i);
            Tensor? point = SolveStage(time + (_method.C[i] * size), known, _stages.Row(i - 1), factors, pivots, scale);
            if (point is null && control is not null)
            {
                return double.NaN;
            }

            // The slope that belongs to the solved point; evaluating f there would multiply Newton's error by its stiffness.
            _stages.Row(i).copy_(((point ?? known) - known).div_((size * _method.Diagonal).Held()));
            if (i == _method.EndStage)
            {
                ReplaceTrial((point ?? (known * double.NaN.Held())).alias());
            }
        }

        return control is null ? 0 : Math.Abs(size) * Norm(_stages.CombineError().div_(Scale(_state, _trial, control)));
    }

    public override void WriteOutputs(int firstOutput, ReadOnlySpan<double> thetas)
    {
        using DisposeScope scope = NewDisposeScope();
        int inside = thetas is [.., 1.0] ? thetas.Length - 1 : thetas.Length;
        if (inside > 0)
        {
            _outputs.narrow(0, firstOutput, inside).copy_(_stages.Interpolate(_state, _size, thetas[..inside]));
        }

        if (inside < thetas.Length)
        {
            _outputs[firstOutput + inside].copy_(_trial);
        }
    }

    public override void Accept()
    {
        _stages.Row(0).copy_(_stages.Row(_method.EndStage));
        _jacobian?.Dispose();
        _jacobian = null;
        _state.Dispose();
        _state = _trial;
    }

    public override Tensor CopyState() => _state.clone();

    public override bool[] FindRowsNotFinite()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor finite = _stages.Finite(1).logical_and_(_trial.isfinite());
        if (_jacobian is not null)
        {
            finite = finite.view(_shape[0], -1).logical_and(_jacobian.isfinite().all(2));
        }

        return [.. finite.view(_shape[0], -1).all(1).cpu().data<bool>().Select(f => !f)];
    }

    protected override void Dispose(bool disposing)
    {
        if (!ReferenceEquals(_trial, _state))
        {
            _trial.Dispose();
        }

        _state.Dispose();
        _jacobian?.Dispose();
        _stages.Dispose();
    }

    // The end stage of the last step is this one's first: only the very first step evaluates it.
    private void EvaluateFirst(double time)
    {
        if (!_firstReady)
        {
            _stages.Row(0).copy_(Evaluate(time, _state));
            _firstReady = true;
        }
    }

    private Tensor Evaluate(double time, Tensor flat)
    {
        Evaluations++;
        return _term.Evaluate(time, flat.view(_shape)).reshape(-1);
    }

    // LU factors of I - hγJ for each row.
    private (Tensor Factors, Tensor Pivots) Factorise(double time, double size)
    {
        _jacobian ??= Jacobian(time).DetachFromDisposeScope();
        Tensor matrix = eye(_jacobian.shape[1], dtype: _state.dtype, device: _state.device) - (_jacobian * (size * _method.Diagonal).Held());
        (Tensor factors, Tensor? pivots) = linalg.lu_factor(matrix);
        return (factors, pivots!);
    }

    // [batch, n, n], one evaluation of f for each column.
    private Tensor Jacobian(double time)
    {
        Tensor state = _state.view(_shape[0], -1);
        Tensor slope = Evaluate(time, _state).view(state.shape);
        Tensor step = state.abs().add_(1.Held()).mul_(Math.Sqrt(Epsilon).Held());
        var columns = new Tensor[state.shape[1]];
        for (int j = 0; j < columns.Length; j++)
        {
            Tensor moved = state.clone();
            moved.select(1, j).add_(step.select(1, j));
            columns[j] = (Evaluate(time, moved.view(-1)).view(state.shape) - slope).div_(step.select(1, j).unsqueeze(1));
        }

        return stack(columns, 2);
    }

    // Null where Newton's method does not converge.
    private Tensor? SolveStage(double time, Tensor known, Tensor guess, Tensor factors, Tensor pivots, Tensor scale)
    {
        double weight = _size * _method.Diagonal;
        Tensor point = known + (guess * weight.Held());
        double previous = double.PositiveInfinity;
        for (int k = 0; k < MaximumNewtonIterations; k++)
        {
            Tensor residual = known - point + (Evaluate(time, point) * weight.Held());
            Tensor change = linalg.lu_solve(factors, pivots, residual.view(_shape[0], -1, 1)).reshape(-1);
            point = point + change;
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

    private void ReplaceTrial(Tensor value)
    {
        if (!ReferenceEquals(_trial, _state))
        {
            _trial.Dispose();
        }

        _trial = value.DetachFromDisposeScope();
    }

    private static Tensor Scale(Tensor a, Tensor b, PiStepControl control) =>
        maximum(a.abs(), b.abs()).mul_(control.RelativeTolerance.Held()).add_(control.AbsoluteTolerance.Held());

    private static double Norm(Tensor flat) => flat.norm().to(ScalarType.Float64).item<double>() / Math.Sqrt(flat.numel());
}
