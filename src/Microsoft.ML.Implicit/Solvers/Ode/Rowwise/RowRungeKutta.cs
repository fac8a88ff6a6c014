using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>
/// An explicit Runge-Kutta method for rows with a time and a size of their own, by operations that autograd can follow: the forward solve uses
/// it without a graph, the reverse sweep with one.
/// </summary>
internal sealed class RowRungeKutta : IDisposable
{
    private readonly IRowTimeOdeTerm _term;
    private readonly Tensor _matrix;
    private readonly Tensor _errorWeights;
    private readonly Tensor _correctionWeights;
    private readonly long[] _shape;

    /// <param name="term">Right-hand side.</param>
    /// <param name="method">Method.</param>
    /// <param name="state">A state, <c>[batch, ...]</c>, for its shape, type and device.</param>
    public RowRungeKutta(IRowTimeOdeTerm term, ExplicitRungeKutta method, Tensor state)
    {
        _term = term;
        Tableau = method;
        _shape = state.shape;
        _matrix = tensor(method.Matrix(), state.dtype, state.device).DetachFromDisposeScope();
        _errorWeights = tensor(method.ErrorWeights, state.dtype, state.device).DetachFromDisposeScope();
        _correctionWeights = tensor(method.CorrectionWeights, state.dtype, state.device).DetachFromDisposeScope();
    }

    public ExplicitRungeKutta Tableau { get; }

    /// <summary>Number of rows of the whole batch.</summary>
    public long Batch => _shape[0];

    /// <summary>Evaluations of f, each over rows under way.</summary>
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
        return TensorContract.Require(_term.SelectRows(clock.Rows, Batch).Evaluate(clock.At(node), state), state, _term).reshape(flat.shape);
    }

    /// <summary>Σⱼ aᵢⱼkⱼ over the stages before stage i; <see langword="null"/> where there are none.</summary>
    public Tensor? Increment(List<Tensor> stages, int stage) =>
        stage < Tableau.StageCount && Tableau.A[stage].Length is int terms and > 0 ? Combine(stages, _matrix[stage].narrow(0, 0, terms)) : null;

    /// <summary>Weighted error of each step, one host read.</summary>
    public double[] Errors(List<Tensor> stages, Tensor sizes, Tensor scale)
    {
        Tensor error = RowNorms(Combine(stages, _errorWeights).div_(scale)) * sizes.abs();
        if (Tableau.CorrectionWeights.Length == 0)
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
