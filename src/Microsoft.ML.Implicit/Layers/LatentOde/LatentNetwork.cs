using Microsoft.ML.Implicit.Layers.LatentOde.Managed;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>
/// An encoder of a history gives a Gaussian over a latent initial state, something carries the state through time, and a decoder reads a mean and a scale
/// of the noise off it at any time.
/// </summary>
/// <param name="name">Name of the module.</param>
internal abstract class LatentNetwork(string name) : nn.Module(name)
{
    /// <summary>Length of the longest horizon in the dynamics' own unit of time: with the usual initial weights a path may then turn several times within it.</summary>
    public const double HorizonLength = 8;

    public const double SmallestScale = 1e-3;

    public abstract SeriesEncoder Encoder { get; }

    /// <summary>From the encoder's state and the features of the observation read last to the latent initial state.</summary>
    protected abstract ResidualHead InitialState { get; }

    /// <summary>From a latent state and the features of its time to means and what scales are made of.</summary>
    protected abstract ResidualHead Decoder { get; }

    /// <summary>What a decoder's output says of the scale of the noise, log(1 + exp(x + 1/2)) + least.</summary>
    public static float Scale(float output)
    {
        double shifted = output + 0.5;
        return (float)(Math.Max(shifted, 0) + double.LogP1(Math.Exp(-Math.Abs(shifted))) + SmallestScale);
    }

    /// <summary>A copy of the frozen network in managed memory, or <see langword="null"/> where there is none for its encoder or device, or it is best evaluated by tensor operations.</summary>
    public virtual ManagedLatentOde? CreateManaged() => null;

    /// <summary>Mean and logarithm of the variance of the latent initial state, each [batch, latent].</summary>
    /// <param name="state">The encoder's state, [batch, state].</param>
    /// <param name="lastFeatures">Features of the observation read last, [batch, features].</param>
    public (Tensor Mean, Tensor LogVariance) Posterior(Tensor state, Tensor lastFeatures)
    {
        Tensor[] parts = InitialState.forward(cat([state, lastFeatures], 1)).chunk(2, 1);
        return (parts[0], (parts[1] - 2.Held()).clamp((-12).Held(), 4.Held()));
    }

    /// <summary>Mean and scale at given times, each [targets, variables], outside autograd.</summary>
    /// <param name="initialMean">Mean of the latent initial state, [batch, latent].</param>
    /// <param name="initialLogVariance">Logarithm of its variance, likewise.</param>
    /// <param name="query">The times.</param>
    /// <param name="cancellationToken">Looked at in every step.</param>
    public abstract (Tensor Mean, Tensor Scale) Predict(Tensor initialMean, Tensor initialLogVariance, LatentQuery query, CancellationToken cancellationToken);

    /// <summary>Mean and scale of what is observed, each [rows, variables].</summary>
    /// <param name="latent">Latent states, [rows, latent].</param>
    /// <param name="targetFeatures">Features of their times, [rows, target features].</param>
    protected (Tensor Mean, Tensor Scale) Decode(Tensor latent, Tensor targetFeatures)
    {
        Tensor[] parts = Decoder.forward(cat([latent, targetFeatures], 1)).chunk(2, 1);
        return (parts[0], parts[1].Plus(0.5.Held()).Softplus().Plus(SmallestScale.Held()));
    }
}
