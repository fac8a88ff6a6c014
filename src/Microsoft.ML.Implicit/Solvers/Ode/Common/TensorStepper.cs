using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Common;

/// <summary>Takes common steps over tensors on any device: keeps the state, the state at the end of the step tried, and the outputs.</summary>
/// <param name="initialState"><c>[batch, ...]</c>.</param>
/// <param name="outputs"><c>[times, batch * ...]</c>, written.</param>
internal abstract class TensorStepper(Tensor initialState, Tensor outputs) : CommonStepper
{
    private Tensor? _trial;

    public override int RowCount => (int)Shape[0];

    /// <summary>Shape of a state.</summary>
    protected long[] Shape { get; } = initialState.shape;

    /// <summary>The current state, <c>[n]</c>.</summary>
    protected Tensor State { get; set; } = initialState.reshape(-1).clone().DetachFromDisposeScope();

    /// <summary>The state at the end of the step tried, <c>[n]</c>; set to a tensor of its own.</summary>
    protected Tensor Trial
    {
        get => _trial ?? State;
        set
        {
            _trial?.Dispose();
            _trial = value.DetachFromDisposeScope();
        }
    }

    public sealed override void WriteOutputs(int firstOutput, ReadOnlySpan<double> thetas)
    {
        using DisposeScope scope = NewDisposeScope();
        int inside = thetas is [.., 1.0] ? thetas.Length - 1 : thetas.Length;
        if (inside > 0)
        {
            outputs.narrow(0, firstOutput, inside).copy_(Interpolate(thetas[..inside]));
        }

        if (inside < thetas.Length)
        {
            outputs[firstOutput + inside].copy_(Trial);
        }
    }

    /// <remarks>The state before is kept where the next trial goes: a kernel writes there.</remarks>
    public override void Accept() => (State, _trial) = (Trial, State);

    public override Tensor CopyState() => State.clone();

    /// <summary>States inside the step tried.</summary>
    /// <param name="thetas">Their places in it.</param>
    /// <returns><c>[thetas, n]</c>.</returns>
    protected abstract Tensor Interpolate(ReadOnlySpan<double> thetas);

    /// <summary>Root mean square of each row, infinite where the step tried does not end in a finite state: its tolerance is of no size then.</summary>
    /// <param name="values"><c>[n]</c>.</param>
    protected double[] RowNorms(Tensor values)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor norms = values.view(RowCount, -1).to(ScalarType.Float64).Squared().mean([1]).sqrt();
        Tensor finite = Trial.isfinite().view(RowCount, -1).all(1);
        return [.. norms.masked_fill_(finite.logical_not_(), double.PositiveInfinity.Held()).cpu().data<double>()];
    }

    protected override void Dispose(bool disposing)
    {
        _trial?.Dispose();
        State.Dispose();
    }
}
