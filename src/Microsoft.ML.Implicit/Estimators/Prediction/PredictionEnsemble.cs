using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Networks that differ in the seed of their training, on a common encoding of the features. Their predictions are averaged,
/// which takes out what a network owes to chance rather than to few rows (Lakshminarayanan, Pritzel and Blundell, "Simple and
/// Scalable Predictive Uncertainty Estimation using Deep Ensembles", 2017).
/// </summary>
internal sealed partial class PredictionEnsemble : nn.Module
{
    private const string EncoderName = "encoder";

    private readonly FeatureEncoder _encoder;
    private readonly PredictionNetwork[] _networks;

    /// <summary>Creates the ensemble.</summary>
    /// <param name="encoder">The ensemble owns it.</param>
    /// <param name="networks">One network at least, all of the same sizes; the ensemble owns them.</param>
    public PredictionEnsemble(FeatureEncoder encoder, PredictionNetwork[] networks)
        : base(nameof(PredictionEnsemble))
    {
        _encoder = encoder;
        _networks = networks;
        register_module(EncoderName, encoder);
        for (int i = 0; i < networks.Length; i++)
        {
            register_module($"network{i}", networks[i]);
        }
    }

    /// <summary>Names of tensors that files of version 0.1.0 lack.</summary>
    public static IEnumerable<string> AddedNames => ImageEncoder.LimitNames.Select(name => $"{EncoderName}.{name}");

    public FeatureEncoder Encoder => _encoder;

    public IReadOnlyList<PredictionNetwork> Networks => _networks;

    /// <summary>Evaluates all networks by tensor operations.</summary>
    /// <param name="features">float32 [batch, features], on the networks' device.</param>
    /// <param name="evaluations">Receives in addition what the solves of each row evaluated; null where nobody asks.</param>
    /// <returns>float32 [batch, networks, outputs], without a graph.</returns>
    public Tensor Evaluate(Tensor features, float[]? evaluations = null)
    {
        Tensor input = _encoder.forward(features);
        return stack(_networks.Select(network => network.Predict(network.Categories.forward(input), evaluations)), 1);
    }

    /// <summary>A copy of the frozen ensemble in managed memory, or <see langword="null"/> where it consists of what there is none for.</summary>
    public ManagedEnsemble? CreateManaged()
    {
        if (_encoder.CreateManaged() is not { } encoder || _networks[0].CreateManaged(encoder) is not { } first)
        {
            return null;
        }

        return new ManagedEnsemble(encoder, [first, .. _networks.Skip(1).Select(network => network.CreateManaged(encoder)!)]);
    }

    /// <summary>Makes sure of a state that was read.</summary>
    /// <exception cref="FormatException">The state is impossible.</exception>
    public void CheckState() => _encoder.CheckState();

    /// <summary>Ends training.</summary>
    public void Freeze()
    {
        _encoder.FreezeState();
        Array.ForEach(_networks, network => network.Freeze());
    }
}
