using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Contracts;

/// <summary>z ↦ w z with a fault.</summary>
internal sealed class FaultyMap
{
    private Tensor? _cached;

    public Fault Fault { get; set; }

    public Parameter Weight { get; } = new(tensor(new[] { 0.4f, -0.3f }));

    public Tensor Apply(Tensor state)
    {
        Tensor value = state * Weight;
        switch (Fault)
        {
            case Fault.Shape:
                return value.sum(dim: 1);
            case Fault.Type:
                return value.to(ScalarType.Float64);
            case Fault.Null:
                return null!;
            case Fault.Disposed:
                value.Dispose();
                return value;
            case Fault.Detached:
                return value.detach();
            case Fault.Throws:
                throw new TimeoutException("the module failed");
            case Fault.FreedGraph:
                // A value computed once, whose graph is freed by the first backward pass.
                return state * (_cached ??= SquareWithGraph());
            case Fault.None:
                return value;
            default:
                return FaultyGradient.Of(value, Fault);
        }
    }

    private Tensor SquareWithGraph()
    {
        using IDisposable graph = enable_grad();
        return Weight.square().DetachFromDisposeScope();
    }
}
