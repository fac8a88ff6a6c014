using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Layers.LatentSde.Managed;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>Drift f(z, u) and diffusion g(z) of the latent state.</summary>
internal sealed class LatentSdePrior : nn.Module
{
    // As for a latent ODE.
    private const int DynamicsWidening = 2;

    // Units that bend within the usual range of a state: with torch's usual ones a drift is learned as a linear one for long, since the noise of its gradient hides what bends.
    private const double InitialSteepness = 2;
    private const double InitialReach = 2;

    private readonly long _latent;

    [ComponentName(Name = "drift")]
    private readonly MlpDynamics _drift;

    [ComponentName(Name = "diffusion")]
    private readonly DiagonalDiffusion _diffusion;

    /// <param name="sizes">Widths.</param>
    /// <param name="bends">Whether the drift is likely to bend within the usual range of a state, which holds levels then.</param>
    /// <param name="generator">Source of the initial weights.</param>
    public LatentSdePrior(LatentOdeSizes sizes, bool bends, Generator generator)
        : base(nameof(LatentSdePrior))
    {
        _latent = sizes.Latent;
        _drift = new MlpDynamics(sizes.Latent + sizes.Controls, [DynamicsWidening * sizes.Hidden], generator);
        if (bends)
        {
            using IDisposable noGradient = no_grad();
            _drift.Layers[0].Weight.mul_(InitialSteepness.Held());
            _drift.Layers[0].Bias.uniform_(-InitialReach, InitialReach, generator);
            _drift.Layers[1].Weight.div_(InitialSteepness.Held());
        }

        _diffusion = new DiagonalDiffusion(sizes.Latent, generator);
        RegisterComponents();
    }

    public IReadOnlyList<Tensor> Parameters => [.. _drift.Parameters, .. _diffusion.Parameters];

    /// <summary>Whether <see cref="CreateManaged"/> serves such states better than tensor operations do.</summary>
    public bool IsManaged(Tensor state) => ManagedDynamics.Suits(state, Parameters);

    /// <summary>Simulates in managed memory.</summary>
    /// <param name="method">The method.</param>
    /// <param name="decoder">Reads what is observed off a state.</param>
    /// <param name="query">The times.</param>
    /// <param name="noise">The noise.</param>
    public ManagedLatentPaths CreateManaged(LatentPathMethod method, ResidualHead decoder, LatentQuery query, PathNoise noise) => new(
        method,
        [.. _drift.Layers.Select(layer => new PanelAffine(layer.Weight, layer.Bias))],
        _diffusion.CreateManaged,
        decoder.CreateManaged(),
        ((int)_latent, decoder.Outputs / 2),
        query,
        noise);

    /// <summary>The equation on a grid of times, with signs of the noise of each row, [rows, 1].</summary>
    public LatentSdeEquation Equation(LatentQuery query, Tensor signs) => new(_drift, _diffusion, query.Controls, query.Grid[1] * LatentNetwork.HorizonLength, signs);

    /// <summary>f at a time of its own for each state.</summary>
    /// <param name="states">[batch, times, latent].</param>
    /// <param name="times">In horizons, [batch, times].</param>
    /// <param name="query">The controls and their times.</param>
    public Tensor Drift(Tensor states, Tensor times, LatentQuery query)
    {
        if (query.Controls is not { } controls)
        {
            return _drift.Evaluate(0, states);
        }

        Tensor place = (times / query.Grid[1].Held()).clamp(0.Held(), (query.Grid.Length - 1).Held());
        Tensor lower = place.floor().clamp_max((query.Grid.Length - 2).Held());
        Tensor byRow = controls.transpose(0, 1);
        Tensor index = lower.to(ScalarType.Int64).unsqueeze(2).expand(-1, -1, byRow.shape[2]);
        Tensor before = byRow.gather(1, index), after = byRow.gather(1, index.Plus(1.Held()));
        Tensor control = before.Plus((place - lower).unsqueeze(2) * (after - before));
        return _drift.Evaluate(0, cat([states, control], 2)).narrow(2, 0, _latent);
    }

    /// <summary>g and its derivative with respect to the state's own element.</summary>
    public (Tensor Value, Tensor Derivative) Diffusion(Tensor states) => _diffusion.Linearize(states);
}
