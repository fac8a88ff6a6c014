using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Where the state of a neural ODE lives: how features become one, what moves it, and what is read off it.</summary>
internal abstract partial class OdeField : nn.Module
{
    private protected OdeField(string name)
        : base(name)
    {
    }

    /// <summary>Numbers that are read off a state.</summary>
    public abstract int FeatureWidth { get; }

    /// <summary>Augmented numbers of a state, which stand last.</summary>
    public abstract long AugmentedWidth { get; }

    /// <summary>f(t, h), of states [batch, dimension].</summary>
    public abstract nn.Module<Tensor, Tensor, Tensor> Dynamics { get; }

    /// <summary>The state at time 0, without what it is augmented by.</summary>
    /// <param name="input">Encoded rows, [batch, inputWidth].</param>
    public abstract Tensor Embed(Tensor input);

    /// <summary>What the head reads, [batch, <see cref="FeatureWidth"/>].</summary>
    /// <param name="state">[batch, dimension].</param>
    public abstract Tensor Readout(Tensor state);

    /// <summary>The state at time 0.</summary>
    /// <param name="embedded">Result of <see cref="Embed"/>.</param>
    public Tensor Augment(Tensor embedded) =>
        AugmentedWidth == 0 ? embedded : cat([embedded, zeros(embedded.shape[0], AugmentedWidth, embedded.dtype, embedded.device)], 1);
}
