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
    private readonly Tensor _tableau;
    private readonly Tensor _scaledMatrix;
    private readonly int[] _explicitTerms;
    private readonly Tensor?[] _rows;
    private readonly Tensor?[] _leading;
    private readonly Tensor?[] _coefficients;

    /// <param name="method">Method.</param>
    /// <param name="state">A flat state, <c>[n]</c>, for its length, type and device.</param>
    public StageBuffer(RungeKutta method, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        _method = method;
        int count = method.StageCount;
        _explicitTerms = [.. method.A.Select((row, i) => Math.Min(row.Length, i))];
        _stages = empty([count, state.numel()], state.dtype, state.device);

        // Together, since a GPU takes as long for a copy of seven numbers as for one of seventy.
        _tableau = tensor([.. method.Matrix().Cast<double>(), .. method.ErrorWeights, .. method.CorrectionWeights], state.dtype, state.device);
        Matrix = _tableau.narrow(0, 0, count * count).view(count, count);
        ErrorWeights = _tableau.narrow(0, count * count, method.ErrorWeights.Length);
        CorrectionWeights = _tableau.narrow(0, (count * count) + method.ErrorWeights.Length, method.CorrectionWeights.Length);
        _scaledMatrix = empty_like(Matrix);
        (_rows, _leading, _coefficients) = (new Tensor?[count], new Tensor?[count + 1], new Tensor?[count]);
        scope.Detach(_stages, _tableau, Matrix, ErrorWeights, CorrectionWeights, _scaledMatrix);
    }

    /// <summary>All stages, <c>[stages, n]</c>.</summary>
    public Tensor All => _stages;

    /// <summary>The Runge-Kutta matrix.</summary>
    public Tensor Matrix { get; }

    /// <summary>Weights of the error estimate.</summary>
    public Tensor ErrorWeights { get; }

    /// <summary>Weights of the second embedded solution.</summary>
    public Tensor CorrectionWeights { get; }

    /// <summary>Stage i, <c>[n]</c>: a view that may be written.</summary>
    public Tensor Row(int stage) => _rows[stage] ??= _stages[stage].DetachFromDisposeScope();

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
    public void SetStepSize(double size) => _scaledMatrix.copy_(Matrix).mul_(size.Held());

    /// <summary>z + h Σⱼ aᵢⱼkⱼ over the stages before stage i.</summary>
    public Tensor Combine(Tensor state, int stage) =>
        _explicitTerms[stage] == 0 ? state.alias() : state.addmv(Leading(_explicitTerms[stage]), Coefficients(stage));

    /// <summary>Σ eᵢkᵢ, the error estimate before it is multiplied with the step size.</summary>
    public Tensor CombineError() => mv(Leading(_method.ErrorWeights.Length), ErrorWeights);

    /// <summary>The same for the second embedded solution.</summary>
    public Tensor CombineCorrection() => mv(Leading(_method.CorrectionWeights.Length), CorrectionWeights);

    /// <summary>States inside the step.</summary>
    /// <returns><c>[thetas, n]</c>.</returns>
    public Tensor Interpolate(Tensor state, double size, ReadOnlySpan<double> thetas)
    {
        Tensor weights = tensor(_method.DenseWeights(thetas, size), _stages.dtype, _stages.device);
        return state.addmm(weights, _stages.narrow(0, 0, _method.DenseStages));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor? tensor in (Tensor?[])[_stages, _tableau, Matrix, ErrorWeights, CorrectionWeights, _scaledMatrix, .. _rows, .. _leading, .. _coefficients])
        {
            tensor?.Dispose();
        }
    }

    // [n, count]
    private Tensor Leading(int count)
    {
        if (_leading[count] is null)
        {
            using DisposeScope scope = NewDisposeScope();
            _leading[count] = _stages.narrow(0, 0, count).t().DetachFromDisposeScope();
        }

        return _leading[count]!;
    }

    private Tensor Coefficients(int stage)
    {
        if (_coefficients[stage] is null)
        {
            using DisposeScope scope = NewDisposeScope();
            _coefficients[stage] = _scaledMatrix[stage].narrow(0, 0, _explicitTerms[stage]).DetachFromDisposeScope();
        }

        return _coefficients[stage]!;
    }
}
