using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>An invertible map of each dimension between two blocks of a flow: y = (x - m) / √(v + ε) · eˢ + b.</summary>
/// <remarks>m and v are running statistics, which gradients do not flow into, or 0 and 1.</remarks>
internal sealed class FlowNormalization : nn.Module<Tensor, Tensor>
{
    private const double Epsilon = 1e-5;
    private const double Momentum = 0.1;

    private readonly FlowNormalizationKind _kind;

#pragma warning disable IDE1006 // The names of these fields are the names in the state dictionary.
    private readonly Parameter log_scale;
    private readonly Parameter shift;
#pragma warning restore IDE1006

    [ComponentName(Name = "running_mean")]
    private readonly Tensor _mean;

    [ComponentName(Name = "running_variance")]
    private readonly Tensor _variance;

    public FlowNormalization(long dimension, FlowNormalizationKind kind)
        : base(nameof(FlowNormalization))
    {
        _kind = kind;
        log_scale = new Parameter(zeros(dimension));
        shift = new Parameter(zeros(dimension));
        _mean = zeros(dimension);
        _variance = ones(dimension);
        RegisterComponents();
    }

    /// <summary>Towards the base distribution.</summary>
    /// <param name="input">x, <c>[batch, dimension]</c>.</param>
    public override Tensor forward(Tensor input) => ((input - _mean) * Scale()).Plus(shift);

    /// <summary>Towards the data.</summary>
    public Tensor Inverse(Tensor output) => ((output - shift) / Scale()).Plus(_mean);

    /// <summary>log |det ∂y/∂x|, without dimensions.</summary>
    public Tensor LogDeterminant() => (log_scale - _variance.Plus(VarianceFloor.Held()).log() / 2.Held()).sum();

    /// <summary>Moves the running statistics towards those of a batch.</summary>
    public void Observe(Tensor input)
    {
        if (_kind == FlowNormalizationKind.MovingBatch)
        {
            _mean.lerp_(input.mean([0]), Momentum);
            _variance.lerp_(input.var(0, unbiased: false), Momentum);
        }
    }

    /// <summary>Computes the parameters' gradients and the cotangent of x.</summary>
    /// <param name="input">x.</param>
    /// <param name="cotangent">Cotangent of y.</param>
    /// <param name="logDeterminantCotangent">Cotangent of the log determinant, without dimensions.</param>
    /// <param name="addGradient">Called with each parameter and its gradient.</param>
    public Tensor Backward(Tensor input, Tensor cotangent, Tensor logDeterminantCotangent, Action<Tensor, Tensor> addGradient)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor result = cotangent * Scale();
        addGradient(log_scale, (result * (input - _mean)).sum(dim: 0).Plus(logDeterminantCotangent));
        addGradient(shift, cotangent.sum(dim: 0));
        return result.MoveToOuterDisposeScope();
    }

    private double VarianceFloor => _kind == FlowNormalizationKind.MovingBatch ? Epsilon : 0;

    private Tensor Scale() => log_scale.exp() / _variance.Plus(VarianceFloor.Held()).sqrt();
}
