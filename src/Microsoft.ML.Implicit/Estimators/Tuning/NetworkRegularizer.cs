using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Penalties on the matrices of a network, and noise on its features, in training.</summary>
internal sealed class NetworkRegularizer
{
    private readonly (string Name, Parameter Matrix)[] _matrices;
    private readonly Tensor? _deviations;

    private NetworkRegularizer((string Name, Parameter Matrix)[] matrices, double[] penalties, double inputNoise, Tensor? deviations)
    {
        _matrices = matrices;
        (Penalties, InputNoise, _deviations) = (penalties, inputNoise, deviations);
    }

    /// <summary>Names of the matrices.</summary>
    public IReadOnlyList<string> Names => [.. _matrices.Select(matrix => matrix.Name)];

    /// <summary>The network's parameters that are trained.</summary>
    public required IReadOnlyList<Parameter> Parameters { get; init; }

    /// <summary>λ of ½ λ w² for each matrix.</summary>
    public double[] Penalties { get; }

    /// <summary>Deviation of the noise in units of a feature's deviation.</summary>
    public double InputNoise { get; set; }

    /// <summary>What options ask for; <see langword="null"/> where they ask for none.</summary>
    /// <param name="options">The trainer's options.</param>
    /// <param name="network">What is trained.</param>
    /// <param name="isStack">Whether the first dimension of every parameter is that of several networks.</param>
    /// <param name="features">float32 [rows, features], of the training rows.</param>
    /// <exception cref="ArgumentException">A penalty is given for what the network has not.</exception>
    public static NetworkRegularizer? Of(PredictionTrainerOptions options, PredictionNetwork network, bool isStack, Tensor features)
    {
        bool hasNoise = (options.InputNoise > 0 || options.Tuner is { TunesNoise: true }) && !features.is_sparse;
        if (!options.HasPenalties && !hasNoise)
        {
            return null;
        }

        (string, Parameter)[] matrices = options.HasPenalties ? [.. network.named_parameters().Where(named => named.parameter.dim() > (isStack ? 2 : 1))] : [];
        IReadOnlyDictionary<string, double> given = options.Tuner?.InitialOf(matrices.Select(matrix => matrix.Item1)) ?? options.Penalties ?? new Dictionary<string, double>();
        string[] unknown = [.. given.Keys.Except(matrices.Select(matrix => matrix.Item1))];
        Setting.Require(
            unknown.Length == 0,
            nameof(options.Penalties),
            $"names '{unknown.FirstOrDefault()}', and the network has {string.Join(", ", matrices.Select(matrix => $"'{matrix.Item1}'"))}");
        return new NetworkRegularizer(
            matrices,
            [.. matrices.Select(matrix => given.GetValueOrDefault(matrix.Item1))],
            options.Tuner is { TunesNoise: true } tuner ? tuner.InputNoise : options.InputNoise,
            hasNoise ? features.std(0, unbiased: false) : null)
        {
            Parameters = [.. network.parameters().Where(parameter => parameter.requires_grad)],
        };
    }

    /// <summary>Adds λ w to the gradients.</summary>
    public void AddGradients()
    {
        using IDisposable noGraph = no_grad();
        for (int i = 0; i < _matrices.Length; i++)
        {
            _matrices[i].Matrix.grad?.add_(_matrices[i].Matrix, Penalties[i].Held());
        }
    }

    /// <summary>½ Σ λ w², with a graph.</summary>
    /// <param name="logarithms">log λ of each matrix, [matrices].</param>
    public Tensor Penalty(Tensor logarithms)
    {
        Tensor squares = stack([.. _matrices.Select(matrix => matrix.Matrix.Squared().sum())]);
        return (logarithms.exp() * squares).sum() * 0.5.Held();
    }

    public Tensor AddNoise(Tensor features, Generator generator) => AddNoise(features, full([], InputNoise.Held(), features.dtype, features.device), generator);

    /// <summary>Features with noise, with a graph to its deviation.</summary>
    /// <param name="features">float32 [batch, features].</param>
    /// <param name="noise">Its deviation in units of a feature's.</param>
    /// <param name="generator">On the CPU.</param>
    public Tensor AddNoise(Tensor features, Tensor noise, Generator generator) =>
        features.Plus(randn(features.shape, features.dtype, generator: generator).to(features.device) * _deviations!.to(features.device) * noise);
}
