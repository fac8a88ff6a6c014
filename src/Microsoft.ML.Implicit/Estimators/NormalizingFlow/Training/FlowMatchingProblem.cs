using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Flow matching on straight paths: f(t, (1 - t) z + t x) is regressed on x - z, where x is a row and z normal noise
/// (Lipman et al., Flow matching for generative modeling, 2023); on spheres on great circles from uniform noise (Chen and
/// Lipman, Flow matching on general geometries, 2024).
/// </summary>
internal sealed class FlowMatchingProblem : ITrainingProblem
{
    private const int ValidationRepetitions = 8;

    private readonly DensityNetwork _network;
    private readonly DensityTrainingSet _training;
    private readonly DensityTrainingSet? _validation;
    private readonly Tensor? _validationNoise;
    private readonly Tensor? _validationTimes;
    private readonly double _smoothing;
    private readonly Generator _generator;

    public FlowMatchingProblem(DensityNetwork network, DensityTrainingSet training, DensityTrainingSet? validation, double smoothing, Generator generator)
    {
        _network = network;
        _training = training;
        _smoothing = smoothing;
        _generator = generator;
        if (validation is not null)
        {
            // The same noise in every epoch, so that epochs can be compared.
            _validation = validation.Select(HeldArithmetic.Range(0, validation.Count, validation.Device).repeat(ValidationRepetitions));
            _validationNoise = Manifold.Project(Noise(_validation.Features));
            _validationTimes = Times(_validation.Count, _validation.Device);
        }
    }

    public nn.Module Module => _network;

    public long ExampleCount => _training.Count;

    private ProductManifold Manifold => _network.Flow.Manifold;

    public double TakeSolverIterations() => 0;

    public Tensor TrainBatch(Tensor examples, double progress)
    {
        DensityTrainingSet batch = _training.Select(examples.to(_training.Device));
        Tensor data = Manifold.Project(batch.Features.add(Noise(batch.Features), alpha: _smoothing.Held()));
        Tensor loss = Loss(batch with { Features = data }, Manifold.Project(Noise(data)), Times(batch.Count, batch.Device));
        loss.backward();
        return loss;
    }

    public Tensor? Validate()
    {
        if (_validation is null)
        {
            return null;
        }

        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        return Loss(_validation, _validationNoise!, _validationTimes!).MoveToOuterDisposeScope();
    }

    public void WriteState(BinaryWriter writer) => GeneratorState.Write(writer, _generator);

    public void ReadState(BinaryReader reader) => GeneratorState.Read(reader, _generator);

    private Tensor Loss(DensityTrainingSet batch, Tensor noise, Tensor times)
    {
        (Tensor state, Tensor velocity) = Manifold.Geodesics(noise, batch.Features, times);
        Tensor slope = Manifold.ProjectToTangents(state, _network.Dynamics.Evaluate(times, state, batch.Context));
        Tensor error = (slope - velocity).Squared().mean([1]);
        return batch.Weights is null ? error.mean() : (error * batch.Weights).sum() / batch.Weights.sum();
    }

    private Tensor Noise(Tensor like) => randn(like.shape, like.dtype, CPU, generator: _generator).to(like.device);

    // One time in each of as many equal parts of [0, 1] as there are rows: less variance than independent times.
    private Tensor Times(long count, Device device) =>
        (randperm(count, generator: _generator).to(ScalarType.Float32).Plus(rand(count, generator: _generator)) / count.Held()).unsqueeze(1).to(device);
}
