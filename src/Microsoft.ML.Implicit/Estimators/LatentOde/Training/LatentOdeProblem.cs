using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The training of one latent ODE by the evidence lower bound.</summary>
/// <remarks>
/// The likelihood term of each value is weighted by the square root of its variance, as in Seitzer et al. ("On the
/// pitfalls of heteroscedastic uncertainty estimation", 2022): plain likelihood gives up on values that are hard to
/// forecast, to the detriment of the mean. The weights of each variable average to one, so that the divergence weighs the
/// same however small the noise. The gradients of the latent path and of the encoder come from one adjoint
/// solve and one pullback a batch, outside autograd.
/// </remarks>
internal sealed class LatentOdeProblem : ITrainingProblem
{
    private const int ValidationBatch = 256;
    private const double AnnealedFraction = 1.0 / 3;
    private const double VarianceExponent = 0.5;
    private const double SmallestWeight = 1e-12;

    private readonly LatentOdeNetwork _network;
    private readonly ForecastBatchBuilder _builder;
    private readonly ExampleSampler _sampler;
    private readonly IReadOnlyList<ForecastExample> _validation;
    private readonly LatentOdeOptions _options;
    private readonly Generator _generator;
    private readonly ResumableRandom _random;
    private readonly CancellationToken _cancellationToken;
    private readonly SolverMeter _meter = new();

    public LatentOdeProblem(LatentOdeNetwork network, ForecastBatchBuilder builder, ExampleSampler sampler, LatentOdeOptions options, Generator generator, int seed, CancellationToken cancellationToken)
    {
        _network = network;
        _builder = builder;
        _sampler = sampler;
        _validation = sampler.HeldOut();
        _options = options;
        _generator = generator;
        _random = new ResumableRandom(seed);
        _cancellationToken = cancellationToken;
    }

    public nn.Module Module => _network;

    public long ExampleCount => _sampler.Count;

    public double TakeSolverIterations() => _meter.Take();

    public Tensor TrainBatch(Tensor examples, double progress)
    {
        ForecastExample[] drawn = [.. examples.data<long>().Select(example => _sampler.Draw((int)example, _random))];
        ForecastBatch batch = _builder.Build(drawn);
        Tensor weights = WeightsOf(drawn, batch);
        using SeriesEncoding encoding = _network.Encoder.EncodeForTraining(batch.History, batch.Gaps, batch.LastIndices);
        Tensor state = encoding.State.detach().requires_grad_();
        (Tensor mean, Tensor logVariance) = ForecastPrediction.Posterior(_network, batch, state);
        Tensor noise = empty(mean.shape).normal_(0, 1, _generator).to(mean.device);
        Tensor initial = mean.Plus((logVariance / 2.Held()).exp() * noise);
        using OdeSolution solution = _network.Solve(initial, batch.Grid, batch.Controls, differentiable: true, _cancellationToken);
        _meter.Add(solution.Statistics.Evaluations);

        Tensor path = solution.States.detach().requires_grad_();
        (Tensor forecast, Tensor scale) = ForecastPrediction.Decode(_network, batch, path);
        Tensor likelihood = NegativeLogLikelihood(forecast, scale, batch, weights);
        likelihood.backward();
        using OdeGradients gradients = solution.Backward(path.grad!);
        gradients.AccumulateInto(_network.DynamicsParameters);

        Tensor divergence = 0.5.Held() * (mean.Squared().Plus(logVariance.exp()) - 1.Held() - logVariance).sum(1).mul(weights).mean();
        double weight = _options.DivergenceWeight * Math.Min(1, progress / AnnealedFraction);
        (initial * gradients.InitialState).sum().Plus(weight.Held() * divergence).backward();
        encoding.Backward(state.grad!);
        return likelihood.Plus(weight.Held() * divergence);
    }

    public Tensor? Validate()
    {
        if (_validation.Count == 0)
        {
            return null;
        }

        using IDisposable noGradient = no_grad();
        Tensor total = zeros([], ScalarType.Float64, _builder.Device);
        Tensor count = zeros([], ScalarType.Float64, _builder.Device);
        foreach (ForecastExample[] examples in _validation.Chunk(ValidationBatch))
        {
            using DisposeScope scope = NewDisposeScope();
            ForecastBatch batch = _builder.Build(examples);
            (Tensor mean, Tensor scale) = ForecastPrediction.Of(_network, batch, _cancellationToken);
            Tensor mask = batch.Mask * WeightsOf(examples, batch).view(-1, 1, 1);
            total.PlusInPlace((ContinuousRankedProbabilityScore(mean, scale, batch.Targets) * mask).sum().to(ScalarType.Float64));
            count.PlusInPlace(mask.sum().to(ScalarType.Float64));
        }

        return total.div(count);
    }

    public void WriteState(BinaryWriter writer)
    {
        GeneratorState.Write(writer, _generator);
        _random.WriteState(writer);
    }

    public void ReadState(BinaryReader reader)
    {
        GeneratorState.Read(reader, _generator);
        _random.ReadState(reader);
    }

    // Weights of the series, float32 [batch].
    private static Tensor WeightsOf(ForecastExample[] examples, ForecastBatch batch) =>
        NativeTensor.Of(Array.ConvertAll(examples, example => example.Series.Weight), [examples.Length], batch.Mask.device);

    private static Tensor NegativeLogLikelihood(Tensor mean, Tensor scale, ForecastBatch batch, Tensor weights)
    {
        Tensor residual = (batch.Targets - mean) / scale;
        Tensor weight = scale.detach().pow((2 * VarianceExponent).Held()) * batch.Mask;
        weight *= batch.Mask.sum([0, 1]) / weight.sum([0, 1]).clamp_min(SmallestWeight.Held());
        weight *= weights.view(-1, 1, 1);
        return (weight * (0.5.Held() * residual.Squared()).Plus(scale.log())).sum() / batch.Mask.sum().clamp_min(1.Held());
    }

    // Gneiting and Raftery, "Strictly proper scoring rules, prediction, and estimation", 2007, for the normal distribution.
    private static Tensor ContinuousRankedProbabilityScore(Tensor mean, Tensor scale, Tensor values)
    {
        Tensor z = (values - mean) / scale;
        Tensor density = ((-0.5).Held() * z.Squared()).exp() * (1 / Math.Sqrt(2 * Math.PI)).Held();
        return scale * ((z * (z / Math.Sqrt(2).Held()).erf()).Plus(2.Held() * density) - (1 / Math.Sqrt(Math.PI)).Held());
    }
}
