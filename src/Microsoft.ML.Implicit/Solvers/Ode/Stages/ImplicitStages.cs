using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stages;

/// <summary>
/// The stages of a diagonally implicit step. The Jacobian of every row at its start serves the Newton iterations of all stages of a step,
/// as a matrix where rows are short, by few diagonals where it is known to be sparse, and by its products otherwise. Their unknowns are the increments hγk, not the points: near the
/// solution they are small, so that rounding matters less (Hairer, Wanner, Solving Ordinary Differential Equations II, IV.8).
/// </summary>
/// <remarks>
/// What rounding leaves undetermined in an increment is at most |(I - hγJ)⁻¹| ε (|z| + |hf| + |hγ| |J| |z|), element by element. It is
/// the floor of the tolerances of Newton's method and of the error estimate, whatever the units of the state.
/// </remarks>
internal sealed class ImplicitStages : IDisposable
{
    private const int MaximumNewtonIterations = 10;

    // A step of a fixed size is not shortened where the Jacobian of its start serves badly.
    private const int MaximumFixedStepIterations = 40;

    // Newton's method stops at a small part of what the step itself is allowed to be wrong by (Hairer, Wanner II, IV.8).
    private const double NewtonTolerance = 0.01;

    // Multiples of the rounding bound: a change below the first is noise, and so is one below the second that no longer shrinks.
    private const double Noise = 4;
    private const double StagnationNoise = 128;

    private readonly IOdeTerm _term;
    private readonly DiagonallyImplicitRungeKutta _method;
    private readonly long[] _shape;
    private readonly StateExtent _extent;
    private readonly double _epsilon;
    private readonly double _smallest;
    private readonly double _errorAmplification;
    private StateJacobian? _jacobian;
    private Tensor? _matrices;
    private Tensor? _rounding;
    private int _evaluations;

    /// <param name="term">Right-hand side, whose rows do not depend on one another.</param>
    /// <param name="method">Method.</param>
    /// <param name="initialState"><c>[batch, ...]</c>, for its shape, type and device.</param>
    /// <param name="extent">What of the flat state is solved for; the rest is left out of the Jacobian.</param>
    public ImplicitStages(IOdeTerm term, DiagonallyImplicitRungeKutta method, Tensor initialState, StateExtent extent)
    {
        _term = term;
        _method = method;
        _shape = initialState.shape;
        _extent = extent;
        _epsilon = MachineEpsilon.Of(initialState.dtype);
        _smallest = Math.ScaleB(1, initialState.dtype == ScalarType.Float64 ? -1022 : -126);
        _errorAmplification = method.ErrorWeights.Sum(Math.Abs) / method.Diagonal;
        using Tensor flat = initialState.reshape(-1);
        Values = new StageBuffer(method, flat);
    }

    /// <summary>The stages of steps whose whole state consists of rows.</summary>
    public static ImplicitStages OfRows(IOdeTerm term, DiagonallyImplicitRungeKutta method, Tensor state) =>
        new(term, method, state, new StateExtent(state.shape[0], state.numel() / state.shape[0]));

    /// <summary>The stages; the first must be set, by <see cref="EvaluateFirst"/> or <see cref="Advance"/>, before others are solved for.</summary>
    public StageBuffer Values { get; }

    /// <summary>What Newton's method gave up at in the step solved last, in units of its tolerance and not finite in rows whose Jacobian is not; <see langword="null"/> where it converged.</summary>
    public Tensor? LastChange { get; private set; }

    /// <summary>Evaluations of f so far.</summary>
    public int Evaluations => _evaluations + (_jacobian?.Evaluations ?? 0);

    /// <summary>Evaluates f at a flat state.</summary>
    public Tensor Evaluate(double time, Tensor flat)
    {
        _evaluations++;
        return _term.EvaluateChecked(time, flat.view(_shape)).reshape(-1);
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
    /// <param name="step">The step.</param>
    /// <param name="state">State at its start, <c>[n]</c>.</param>
    /// <param name="control">Tolerances; <see langword="null"/> for those of rounding.</param>
    /// <returns>State at the step's end; <see langword="null"/> where Newton's method does not converge.</returns>
    public Tensor? Solve(OdeStep step, Tensor state, AdaptiveStepControl? control)
    {
        using DisposeScope scope = NewDisposeScope();
        KeepLastChange(null);
        Values.SetStepSize(step.Size);
        Linearize(step.At(0), state, control);
        double weight = step.Size * _method.Diagonal;
        using StageSystem? system = StageSystem.TryCreate(_jacobian!, _matrices, weight);
        if (system is null)
        {
            KeepLastChange(_matrices?.flatten(1).sum(1).mul_(0.Held()));
            return null;
        }

        BoundRounding(system, step.Size, weight, state);
        Tensor tolerance = _rounding! * Noise.Held();
        if (control is not null)
        {
            tolerance = maximum(tolerance, control.Scale(Leading(state)).mul_(NewtonTolerance.Held()));
        }

        Tensor end = state;
        for (int i = 1; i <= _method.EndStage; i++)
        {
            using DisposeScope stage = NewDisposeScope();
            Tensor known = Values.Combine(state, i);
            if (SolveStage(step.At(_method.C[i]), known, weight, Values.Row(i - 1), system, tolerance, control is null ? MaximumFixedStepIterations : MaximumNewtonIterations) is not { } increment)
            {
                return null;
            }

            // The slope that belongs to the solved point; evaluating f there would multiply Newton's error by its stiffness.
            Values.Row(i).copy_(increment / weight.Held());
            end = known.Plus(increment).MoveToOuterDisposeScope();
        }

        return end.MoveToOuterDisposeScope();
    }

    /// <summary>Repeats a step that was accepted.</summary>
    /// <param name="step">The step.</param>
    /// <param name="state">State at its start, <c>[n]</c>.</param>
    /// <param name="control">Tolerances of the forward solve.</param>
    /// <returns>State at its end.</returns>
    /// <exception cref="InvalidOperationException">Newton's method does not converge.</exception>
    public Tensor Repeat(OdeStep step, Tensor state, AdaptiveStepControl? control)
    {
        EvaluateFirst(step.At(0), state);
        return Solve(step, state, control) ?? throw new InvalidOperationException($"The step at time {step.Time} could not be repeated: Newton's method did not converge.");
    }

    /// <summary>Weighted error of the step solved last, before it is multiplied with the step size.</summary>
    public Tensor WeightedError(Tensor state, Tensor end, AdaptiveStepControl control)
    {
        Tensor scale = maximum(control.Scale(Leading(state), Leading(end)), _rounding! * _errorAmplification.Held());
        return Leading(Values.CombineError()).div_(scale);
    }

    /// <summary>Root mean square.</summary>
    public double Norm(Tensor flat)
    {
        Tensor leading = Leading(flat);
        return leading.norm().to(ScalarType.Float64).item<double>() / Math.Sqrt(leading.numel());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ForgetJacobian();
        KeepLastChange(null);
        _rounding?.Dispose();
        Values.Dispose();
    }

    private void Linearize(double time, Tensor state, AdaptiveStepControl? control)
    {
        if (_jacobian is null)
        {
            _jacobian = StateJacobian.Create(_term, time, state.view(_shape), DifferenceSteps(Rows(state), control));
            _matrices = _extent.Width <= StageOperator.LargestDense && !StageOperator.IsBanded(_jacobian) ? _jacobian.Dense().DetachFromDisposeScope() : null;
        }
    }

    // In the units of each element: a part of its size, and where that is next to nothing a part of what it may be wrong by, or,
    // without tolerances, of the row's size.
    private Tensor DifferenceSteps(Tensor rows, AdaptiveStepControl? control)
    {
        Tensor sizes = rows.abs();
        Tensor least = control is null
            ? sizes.amax([1], keepdim: true).mul_(Math.Pow(_epsilon, 0.75).Held())
            : control.Scale(rows).mul_(0.1.Held());
        Tensor steps = maximum(sizes * Math.Sqrt(_epsilon).Held(), least);
        return steps.masked_fill(steps.le(_smallest.Held()), Math.Sqrt(_epsilon).Held());
    }

    private void BoundRounding(StageSystem system, double size, double weight, Tensor state)
    {
        Tensor magnitude = Rows(state).abs();
        Tensor slope = Rows(Values.Row(0)).abs();
        Tensor terms = magnitude.Plus(slope * Math.Abs(size).Held()).Plus(system.JacobianMagnitude(magnitude).mul_(Math.Abs(weight).Held()));
        _rounding?.Dispose();
        _rounding = system.InverseMagnitude(terms).reshape(-1).mul_(_epsilon.Held()).clamp_min_(_smallest.Held()).DetachFromDisposeScope();
    }

    // hγk of the stage; null where Newton's method does not converge.
    private Tensor? SolveStage(double time, Tensor known, double weight, Tensor slopeGuess, StageSystem system, Tensor tolerance, int maximumIterations)
    {
        Tensor increment = slopeGuess * weight.Held();
        double previous = double.PositiveInfinity;
        for (int k = 0; k < maximumIterations; k++)
        {
            Tensor residual = (Evaluate(time, known.Plus(increment)) * weight.Held()).sub_(increment);
            Tensor change = SolveLinear(system, residual);
            increment = increment.Plus(change);
            double norm = Norm(Leading(change) / tolerance);
            if (norm <= 1 || (norm > 0.5 * previous && Norm(Leading(change) / _rounding!) <= StagnationNoise))
            {
                return increment;
            }

            if (!(norm < 2 * previous) || k == maximumIterations - 1)
            {
                KeepLastChange(Leading(change) / tolerance);
                return null;
            }

            previous = norm;
        }

        return null;
    }

    private void KeepLastChange(Tensor? change)
    {
        LastChange?.Dispose();
        LastChange = change?.DetachFromDisposeScope();
    }

    private Tensor SolveLinear(StageSystem system, Tensor residual)
    {
        Tensor leading = system.Solve(Rows(residual)).reshape(-1);
        long rest = residual.numel() - leading.numel();
        return rest == 0 ? leading : cat([leading, residual.narrow(0, leading.numel(), rest)]);
    }

    private Tensor Rows(Tensor flat) => Leading(flat).view(_extent.Rows, _extent.Width);

    private Tensor Leading(Tensor flat) => _extent.Length == flat.numel() ? flat : flat.narrow(0, 0, _extent.Length);

    private void ForgetJacobian()
    {
        _evaluations = Evaluations;
        _jacobian?.Dispose();
        _matrices?.Dispose();
        (_jacobian, _matrices) = (null, null);
    }
}
