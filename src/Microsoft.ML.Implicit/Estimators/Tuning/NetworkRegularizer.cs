using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Penalties on the matrices of a network, and noise on its features, in training.</summary>
internal sealed class NetworkRegularizer
{
    private readonly PenalizedMatrix[] _matrices;
    private readonly Tensor? _deviations;

    private NetworkRegularizer(PenalizedMatrix[] matrices, double[] penalties, double inputNoise, Tensor? deviations)
    {
        _matrices = matrices;
        (Penalties, InputNoise, _deviations) = (penalties, inputNoise, deviations);
    }

    /// <summary>Names of the penalties.</summary>
    public IReadOnlyList<string> Names => [.. _matrices.SelectMany(matrix => matrix.Names)];

    /// <summary>The network's parameters that are trained.</summary>
    public required IReadOnlyList<Parameter> Parameters { get; init; }

    /// <summary>λ of ½ λ w² by <see cref="Names"/>.</summary>
    public double[] Penalties { get; }

    /// <summary>Deviation of the noise in units of a feature's deviation.</summary>
    public double InputNoise { get; set; }

    /// <summary>What options ask for; <see langword="null"/> where they ask for none.</summary>
    /// <param name="options">The trainer's options.</param>
    /// <param name="network">What is trained.</param>
    /// <param name="encoder">What its inputs are encoded by.</param>
    /// <param name="isStack">Whether the first dimension of every parameter is that of several networks.</param>
    /// <param name="features">float32 [rows, features], of the training rows.</param>
    /// <exception cref="ArgumentException">A penalty is given for what the network has not.</exception>
    public static NetworkRegularizer? Of(PredictionTrainerOptions options, PredictionNetwork network, FeatureEncoder encoder, bool isStack, Tensor features)
    {
        bool hasNoise = (options.InputNoise > 0 || options.Tuner is { TunesNoise: true }) && !features.is_sparse;
        if (!options.HasPenalties && !hasNoise && options.Tuner is null)
        {
            return null;
        }

        PenalizedMatrix[] matrices = options.HasPenalties ? Matrices(options, network, encoder, isStack, features.device) : [];
        string[] names = [.. matrices.SelectMany(matrix => matrix.Names)];
        IReadOnlyDictionary<string, double> given = options.Tuner?.InitialOf(names) ?? options.Penalties ?? new Dictionary<string, double>();
        string[] unknown = [.. given.Keys.Except(names)];
        Setting.Require(
            unknown.Length == 0,
            nameof(options.Penalties),
            $"names '{unknown.FirstOrDefault()}', and the network has {string.Join(", ", names.Select(name => $"'{name}'"))}");
        return new NetworkRegularizer(
            matrices,
            [.. names.Select(name => given.GetValueOrDefault(name))],
            options.Tuner is { TunesNoise: true } tuner ? tuner.InputNoise : options.InputNoise,
            hasNoise ? Deviations(features, network.Categories) : null)
        {
            Parameters = [.. network.parameters().Where(parameter => parameter.requires_grad)],
        };
    }

    /// <summary>Adds λ w to the gradients.</summary>
    public void AddGradients()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        int first = 0;
        foreach (PenalizedMatrix matrix in _matrices)
        {
            matrix.AddGradient(Penalties.AsSpan(first, matrix.Names.Count));
            first += matrix.Names.Count;
        }
    }

    /// <summary>½ Σ λ w², with a graph.</summary>
    /// <param name="logarithms">log λ, [penalties], at least one.</param>
    public Tensor Penalty(Tensor logarithms) => (logarithms.exp() * cat([.. _matrices.Select(matrix => matrix.Squares())])).sum() * 0.5.Held();

    public Tensor AddNoise(Tensor features, Generator generator) => AddNoise(features, full([], InputNoise.Held(), features.dtype, features.device), generator);

    /// <summary>Features with noise, with a graph to its deviation.</summary>
    /// <param name="features">float32 [batch, features].</param>
    /// <param name="noise">Its deviation in units of a feature's.</param>
    /// <param name="generator">On the CPU.</param>
    public Tensor AddNoise(Tensor features, Tensor noise, Generator generator) =>
        features.Plus(randn(features.shape, features.dtype, generator: generator).to(features.device) * _deviations!.to(features.device) * noise);

    // Of what is not missing; categories are told apart, not measured.
    private static Tensor Deviations(Tensor features, CategoryEmbedding categories)
    {
        Tensor counts = features.isnan().logical_not().sum([0]).clamp_min(1.Held());
        Tensor centered = features - (features.nan_to_num(0).sum([0]) / counts);
        Tensor deviations = (centered.nan_to_num(0).Squared().sum([0]) / counts).sqrt();
        deviations.narrow(0, features.shape[1] - categories.Count, categories.Count).zero_();
        return deviations;
    }

    private static PenalizedMatrix[] Matrices(PredictionTrainerOptions options, PredictionNetwork network, FeatureEncoder encoder, bool isStack, Device device)
    {
        bool eachFeature = options.Tuner is { TunesFeatures: true } || (options.Tuner is null && options.Penalties!.Keys.Any(name => name.EndsWith(']')));
        long[]? features = eachFeature && encoder.FeaturesOfColumns() is { } columns ? network.Categories.OfInputs(columns) : null;
        (string Name, Parameter Matrix)[] named = [.. network.named_parameters().Where(each => each.parameter.dim() > (isStack ? 2 : 1)).Select(each => (each.name, each.parameter))];
        int first = features is null ? -1 : Array.FindIndex(named, each => each.Name.EndsWith("embedding_weight", StringComparison.Ordinal) && each.Matrix.shape[^2] == features.Length);
        Setting.Require(!eachFeature || first >= 0, nameof(options.Penalties), "are asked for each feature, and this network has no weights that belong to single features");
        return [.. named.Select((each, i) => i == first
            ? new PenalizedMatrix([.. Enumerable.Range(0, (int)features!.Max() + 1).Select(feature => $"{each.Name}[{feature}]")], each.Matrix, tensor(features!, device: device))
            : new PenalizedMatrix([each.Name], each.Matrix, null))];
    }
}
