using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>
/// One explicit Runge-Kutta step of several rows with a time and a size for each, by operations that autograd can
/// follow: the forward solve uses it without a graph, the reverse sweep with one.
/// </summary>
internal sealed class RowStepper : IDisposable
{
    private readonly IRowTimeOdeTerm _term;
    private readonly ExplicitRungeKutta _method;
    private readonly Tensor _matrix;
    private readonly Tensor _errorWeights;
    private readonly Tensor _correctionWeights;
    private readonly long[] _shape;

    /// <param name="term">Right-hand side.</param>
    /// <param name="method">Method.</param>
    /// <param name="state">A state, <c>[batch, ...]</c>, for its shape, type and device.</param>
    public RowStepper(IRowTimeOdeTerm term, ExplicitRungeKutta method, Tensor state)
    {
        _term = term;
        _method = method;
        _shape = state.shape;
        _matrix = tensor(method.Matrix(), state.dtype, state.device).DetachFromDisposeScope();
        _errorWeights = tensor(method.ErrorWeights, state.dtype, state.device).DetachFromDisposeScope();
        _correctionWeights = tensor(method.CorrectionWeights, state.dtype, state.device).DetachFromDisposeScope();
    }

    /// <summary>Evaluations of f, each over all rows under way.</summary>
    public int Evaluations { get; private set; }

    /// <summary>Rows in the shape that the right-hand side takes.</summary>
    public Tensor Shape(Tensor flat) => flat.view([flat.shape[0], .. _shape[1..]]);

    /// <summary>f at given points.</summary>
    /// <param name="clock">Rows and their steps.</param>
    /// <param name="node">Place of the points in their steps.</param>
    /// <param name="flat"><c>[rows, n]</c>.</param>
    public Tensor Evaluate(RowClock clock, double node, Tensor flat)
    {
        Evaluations++;
        Tensor state = Shape(flat);
        return TensorContract.Require(_term.SelectRows(clock.Rows, _shape[0]).Evaluate(clock.At(node), state), state, _term).reshape(flat.shape);
    }

    /// <summary>Stages that make the step's result.</summary>
    /// <param name="clock">Times and sizes of the steps.</param>
    /// <param name="state"><c>[rows, n]</c>.</param>
    /// <param name="first">The first stage, where known.</param>
    /// <returns>Stages, each <c>[rows, n]</c>, and the state at the steps' ends.</returns>
    public (List<Tensor> Stages, Tensor Trial) Step(RowClock clock, Tensor state, Tensor? first)
    {
        var stages = new List<Tensor>(_method.StageCount) { first ?? Evaluate(clock, 0, state) };
        Tensor trial = Extend(stages, clock, state, _method.EndStage);
        return (stages, trial);
    }

    /// <summary>Adds stages up to a number of them.</summary>
    /// <returns>The point that the next stage would be evaluated at.</returns>
    public Tensor Extend(List<Tensor> stages, RowClock clock, Tensor state, int count)
    {
        while (true)
        {
            int i = stages.Count;
            int terms = i < _method.StageCount ? _method.A[i].Length : 0;
            Tensor point = terms == 0 ? state : state.Plus(Combine(stages, _matrix[i].narrow(0, 0, terms)) * clock.Sizes.unsqueeze(1));
            if (i >= count)
            {
                return point;
            }

            stages.Add(Evaluate(clock, _method.C[i], point));
        }
    }

    /// <summary>Repeats steps that were accepted.</summary>
    /// <param name="step">The steps.</param>
    /// <param name="clock">Their times and sizes.</param>
    /// <param name="state">States at their starts, <c>[rows, n]</c>.</param>
    /// <returns>States at their ends, and at the outputs inside of them; <see langword="null"/> where there are none.</returns>
    public (Tensor Trial, Tensor? Outputs) Repeat(RowStep step, RowClock clock, Tensor state)
    {
        (List<Tensor> stages, Tensor trial) = Step(clock, state, null);
        if (step.Outputs.Length == 0)
        {
            return (trial, null);
        }

        Extend(stages, clock, state, _method.DenseStages);
        return (trial, Interpolate(stages, clock.Sizes, state, step.Outputs));
    }

    /// <summary>States inside the steps, <c>[outputs, n]</c>.</summary>
    public Tensor Interpolate(List<Tensor> stages, Tensor sizes, Tensor state, IReadOnlyList<RowOutput> outputs)
    {
        double[,] weights = _method.DenseWeights([.. outputs.Select(o => o.Theta)], 1.0);
        Tensor positions = tensor(outputs.Select(o => o.Position).ToArray(), ScalarType.Int64, state.device);
        Tensor coefficients = tensor(weights, state.dtype, state.device) * sizes.index_select(0, positions).unsqueeze(1);
        Tensor used = stack(stages.Take(_method.DenseStages)).index_select(1, positions);
        return state.index_select(0, positions).Plus((used * coefficients.t().unsqueeze(2)).sum(dim: 0));
    }

    /// <summary>Weighted error of each row, one host read.</summary>
    public double[] Errors(List<Tensor> stages, Tensor sizes, Tensor state, Tensor trial, AdaptiveStepControl control)
    {
        Tensor scale = control.Scale(state, trial);
        Tensor error = RowNorms(Combine(stages, _errorWeights).div_(scale)) * sizes.abs();
        if (_method.CorrectionWeights.Length == 0)
        {
            return ToDoubles(error);
        }

        Tensor correction = RowNorms(Combine(stages, _correctionWeights).div_(scale)) * sizes.abs();
        double[] both = ToDoubles(cat([error, correction]));
        return [.. Enumerable.Range(0, both.Length / 2).Select(i => RungeKutta.CombineErrors(both[i], both[i + (both.Length / 2)]))];
    }

    /// <summary>Root mean square of each row, <c>[rows]</c>.</summary>
    public static Tensor RowNorms(Tensor flat) => flat.Squared().mean([1]).sqrt();

    public static double[] ToDoubles(Tensor values) => [.. values.cpu().to(ScalarType.Float64).data<double>()];

    /// <inheritdoc/>
    public void Dispose()
    {
        _matrix.Dispose();
        _errorWeights.Dispose();
        _correctionWeights.Dispose();
    }

    private static Tensor Combine(List<Tensor> stages, Tensor weights)
    {
        int count = (int)weights.shape[0];
        Tensor used = stack(stages.Take(count));
        return weights.unsqueeze(0).mm(used.view(count, -1)).view(used.shape[1..]);
    }
}
