using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>
/// The stages of a diagonally implicit step. The Jacobian of every row, by forward differences, serves the Newton iterations
/// of all stages of a step. Their unknowns are the increments hγk, not the points: near the solution they are small, so that
/// rounding matters less (Hairer, Wanner, Solving Ordinary Differential Equations II, IV.8).
/// </summary>
/// <remarks>
/// What rounding leaves undetermined in an increment is at most |(I - hγJ)⁻¹| ε (|z| + |hf| + |hγ| |J| |z|), element by element. It is
/// the floor of the tolerances of Newton's method and of the error estimate, whatever the units of the state.
/// </remarks>
internal sealed class ImplicitStages : IDisposable
{
    private const int MaximumNewtonIterations = 10;

    // Newton's method stops at a small part of what the step itself is allowed to be wrong by (Hairer, Wanner II, IV.8).
    private const double NewtonTolerance = 0.01;

    // Multiples of the rounding bound: a change below the first is noise, and so is one below the second that no longer shrinks.
    private const double Noise = 4;
    private const double StagnationNoise = 128;

    private readonly IOdeTerm _term;
    private readonly DiagonallyImplicitRungeKutta _method;
    private readonly long[] _shape;
    private readonly long _width;
    private readonly double _epsilon;
    private readonly double _smallest;
    private readonly double _errorAmplification;
    private Tensor? _jacobian;
    private Tensor? _rounding;

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
        _smallest = Math.ScaleB(1, initialState.dtype == ScalarType.Float64 ? -1022 : -126);
        _errorAmplification = method.ErrorWeights.Sum(Math.Abs) / method.Diagonal;
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
        Values.SetStepSize(step.Size);
        _jacobian ??= Jacobian(step.At(0), state, control).DetachFromDisposeScope();
        double weight = step.Size * _method.Diagonal;
        if (Invert(weight) is not { } inverse)
        {
            return null;
        }

        BoundRounding(inverse, step.Size, weight, state);
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
            if (SolveStage(step.At(_method.C[i]), known, weight, Values.Row(i - 1), inverse, tolerance) is not { } increment)
            {
                return null;
            }

            // The slope that belongs to the solved point; evaluating f there would multiply Newton's error by its stiffness.
            Values.Row(i).copy_(increment / weight.Held());
            end = known.Plus(increment).MoveToOuterDisposeScope();
        }

        return end.MoveToOuterDisposeScope();
    }

    /// <summary>Weighted error of the step solved last.</summary>
    public double Error(double size, Tensor state, Tensor end, AdaptiveStepControl control)
    {
        Tensor scale = maximum(control.Scale(Leading(state), Leading(end)), _rounding! * _errorAmplification.Held());
        return Math.Abs(size) * Norm(Leading(Values.CombineError()).div_(scale));
    }

    /// <summary>Root mean square.</summary>
    public double Norm(Tensor flat)
    {
        Tensor leading = Leading(flat);
        return leading.norm().to(ScalarType.Float64).item<double>() / Math.Sqrt(leading.numel());
    }

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
        _rounding?.Dispose();
        Values.Dispose();
    }

    // [batch, width, width], one evaluation of f for each column.
    private Tensor Jacobian(double time, Tensor state, AdaptiveStepControl? control)
    {
        Tensor rows = state.view(_shape[0], -1);
        Tensor slope = Evaluate(time, state).view(rows.shape);
        Tensor step = DifferenceSteps(rows, control);
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

    // (I - hγJ)⁻¹ of every row; null where that of some row is singular, as it may be for a growing solution and one size of the step.
    private Tensor? Invert(double weight)
    {
        Tensor identity = eye(_width, dtype: _jacobian!.dtype, device: _jacobian.device);
        try
        {
            (Tensor factors, Tensor? pivots) = linalg.lu_factor(identity - (_jacobian * weight.Held()));
            return linalg.lu_solve(factors, pivots!, identity.expand_as(_jacobian));
        }
        catch (ExternalException)
        {
            return null;
        }
    }

    private void BoundRounding(Tensor inverse, double size, double weight, Tensor state)
    {
        Tensor magnitude = Leading(state).abs().view(_shape[0], _width, 1);
        Tensor slope = Leading(Values.Row(0)).abs().view(_shape[0], _width, 1);
        Tensor terms = magnitude.Plus(slope * Math.Abs(size).Held()).Plus(_jacobian!.abs().bmm(magnitude).mul_(Math.Abs(weight).Held()));
        _rounding?.Dispose();
        _rounding = inverse.abs().bmm(terms).view(-1).mul_(_epsilon.Held()).clamp_min_(_smallest.Held()).DetachFromDisposeScope();
    }

    // hγk of the stage; null where Newton's method does not converge.
    private Tensor? SolveStage(double time, Tensor known, double weight, Tensor slopeGuess, Tensor inverse, Tensor tolerance)
    {
        Tensor increment = slopeGuess * weight.Held();
        double previous = double.PositiveInfinity;
        for (int k = 0; k < MaximumNewtonIterations; k++)
        {
            Tensor residual = (Evaluate(time, known.Plus(increment)) * weight.Held()).sub_(increment);
            Tensor change = SolveLinear(inverse, residual);
            increment = increment.Plus(change);
            double norm = Norm(Leading(change) / tolerance);
            if (norm <= 1 || (norm > 0.5 * previous && Norm(Leading(change) / _rounding!) <= StagnationNoise))
            {
                return increment;
            }

            if (!(norm < 2 * previous))
            {
                return null;
            }

            previous = norm;
        }

        return null;
    }

    private Tensor SolveLinear(Tensor inverse, Tensor residual)
    {
        Tensor leading = inverse.bmm(Leading(residual).view(_shape[0], _width, 1)).view(-1);
        long rest = residual.numel() - leading.numel();
        return rest == 0 ? leading : cat([leading, residual.narrow(0, leading.numel(), rest)]);
    }

    private Tensor Leading(Tensor flat)
    {
        long length = _width * _shape[0];
        return length == flat.numel() ? flat : flat.narrow(0, 0, length);
    }

    private void ForgetJacobian()
    {
        _jacobian?.Dispose();
        _jacobian = null;
    }
}
