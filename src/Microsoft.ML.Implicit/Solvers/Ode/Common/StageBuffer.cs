using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Common;

/// <summary>The stages of a Runge-Kutta step in one tensor, with the tableau beside them on the same device.</summary>
internal sealed class StageBuffer : IDisposable
{
    private readonly RungeKutta _method;
    private readonly Tensor _stages;
    private readonly Tensor _matrix;
    private readonly Tensor _scaledMatrix;
    private readonly Tensor _errorWeights;
    private readonly Tensor _correctionWeights;
    private readonly int[] _explicitTerms;
    private readonly Tensor[] _rows;
    private readonly Tensor[] _leading;
    private readonly Tensor[] _coefficients;

    /// <param name="method">Method.</param>
    /// <param name="state">A flat state, <c>[n]</c>, for its length, type and device.</param>
    public StageBuffer(RungeKutta method, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        _method = method;
        int count = method.StageCount;
        _explicitTerms = [.. method.A.Select((row, i) => Math.Min(row.Length, i))];
        _stages = empty([count, state.numel()], state.dtype, state.device);
        _matrix = tensor(method.Matrix(), state.dtype, state.device);
        _scaledMatrix = empty_like(_matrix);
        _errorWeights = tensor(method.ErrorWeights, state.dtype, state.device);
        _correctionWeights = tensor(method.CorrectionWeights, state.dtype, state.device);
        _rows = [.. Enumerable.Range(0, count).Select(i => _stages[i])];
        _leading = [.. Enumerable.Range(0, count + 1).Select(i => _stages.narrow(0, 0, i).t())];
        _coefficients = [.. Enumerable.Range(0, count).Select(i => _scaledMatrix[i].narrow(0, 0, _explicitTerms[i]))];
        scope.Detach(Tensors);
    }

    /// <summary>All stages, <c>[stages, n]</c>.</summary>
    public Tensor All => _stages;

    /// <summary>The Runge-Kutta matrix.</summary>
    public Tensor Matrix => _matrix;

    /// <summary>Weights of the error estimate.</summary>
    public Tensor ErrorWeights => _errorWeights;

    /// <summary>Weights of the second embedded solution.</summary>
    public Tensor CorrectionWeights => _correctionWeights;

    /// <summary>Stage i, <c>[n]</c>: a view that may be written.</summary>
    public Tensor Row(int stage) => _rows[stage];

    /// <summary>Evaluates f into a stage.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="term">f.</param>
    /// <param name="time">t.</param>
    /// <param name="point">z, <c>[batch, ...]</c>.</param>
    public void Evaluate(int stage, IOdeTerm term, double time, Tensor point)
    {
        if (term is IWritingOdeTerm writing)
        {
            writing.Evaluate(time, point, Row(stage).view(point.shape));
            return;
        }

        Row(stage).copy_(term.EvaluateChecked(time, point).reshape(-1));
    }

    /// <summary>Sets the step size that <see cref="Combine"/> uses.</summary>
    public void SetStepSize(double size) => _scaledMatrix.copy_(_matrix).mul_(size.Held());

    /// <summary>z + h Σⱼ aᵢⱼkⱼ over the stages before stage i.</summary>
    public Tensor Combine(Tensor state, int stage) =>
        _explicitTerms[stage] == 0 ? state.alias() : state.addmv(_leading[_explicitTerms[stage]], _coefficients[stage]);

    /// <summary>Σ eᵢkᵢ, the error estimate before it is multiplied with the step size.</summary>
    public Tensor CombineError() => mv(_leading[_method.ErrorWeights.Length], _errorWeights);

    /// <summary>The same for the second embedded solution.</summary>
    public Tensor CombineCorrection() => mv(_leading[_method.CorrectionWeights.Length], _correctionWeights);

    /// <summary>States inside the step.</summary>
    /// <returns><c>[thetas, n]</c>.</returns>
    public Tensor Interpolate(Tensor state, double size, ReadOnlySpan<double> thetas)
    {
        Tensor weights = tensor(_method.DenseWeights(thetas, size), _stages.dtype, _stages.device);
        return state.addmm(weights, _stages.narrow(0, 0, _method.DenseStages));
    }

    /// <summary>Tells for each element of the flat state whether the first stages are finite there.</summary>
    public Tensor Finite(int count) => _stages.narrow(0, 0, count).isfinite().all(0);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in Tensors)
        {
            tensor.Dispose();
        }
    }

    private Tensor[] Tensors => [_stages, _matrix, _scaledMatrix, _errorWeights, _correctionWeights, .. _rows, .. _leading, .. _coefficients];
}
