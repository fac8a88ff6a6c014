using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>
/// A variational autoencoder with a GRU as encoder and another as decoder (the RNN-VAE of Rubanova et al., 2019): the
/// latent state starts the decoder, which is run through the times asked for with the gaps as input.
/// </summary>
internal sealed class VariationalGatedRecurrent : NeuralBaseline
{
    private const int Width = 64;
    private const int LatentWidth = 16;
    private const double NoiseVariance = 0.05;
    private GRU _encoder = null!;
    private Linear _posterior = null!;
    private Linear _start = null!;
    private GRU _decoder = null!;
    private Linear _output = null!;

    public override string Name => "variational GRU";

    protected override nn.Module[] Create(QuestionScaling scaling, Panel panel)
    {
        _encoder = nn.GRU(scaling.InputCount, Width, batchFirst: true);
        _posterior = nn.Linear(Width, 2 * LatentWidth);
        _start = nn.Linear(LatentWidth, Width);
        _decoder = nn.GRU(2 + Math.Max(1, scaling.CovariateCount), Width, batchFirst: true);
        _output = nn.Linear(Width, scaling.VariableCount);
        return [_encoder, _posterior, _start, _decoder, _output];
    }

    protected override Tensor Predict(QuestionBatch batch) => Decode(batch, Posterior(batch).Mean);

    protected override Tensor Loss(QuestionBatch batch, double progress)
    {
        (Tensor mean, Tensor logVariance) = Posterior(batch);
        Tensor latent = mean + ((logVariance / 2).exp() * empty(mean.shape).normal_(0, 1, Noise));
        Tensor divergence = 0.5 * (mean.square() + logVariance.exp() - 1 - logVariance).sum(1);
        Tensor error = ((Decode(batch, latent) - batch.Targets).square() * batch.Mask).sum([1, 2]) / (2 * NoiseVariance);
        return ((error + (Math.Min(1, 3 * progress) * divergence)) / batch.Mask.sum([1, 2]).clamp_min(1)).mean();
    }

    private (Tensor Mean, Tensor LogVariance) Posterior(QuestionBatch batch)
    {
        (Tensor states, _) = _encoder.call(batch.Inputs);
        Tensor[] parts = _posterior.forward(Last(states, batch)).chunk(2, 1);
        return (parts[0], parts[1].clamp(-10, 4));
    }

    private Tensor Decode(QuestionBatch batch, Tensor latent)
    {
        Tensor gaps = batch.Ahead - cat([zeros_like(batch.Ahead.narrow(1, 0, 1)), batch.Ahead.narrow(1, 0, batch.Ahead.shape[1] - 1)], 1);
        Tensor inputs = cat([batch.Ahead.unsqueeze(2), gaps.unsqueeze(2), batch.TargetInputs], 2);
        (Tensor states, _) = _decoder.call(inputs, _start.forward(latent).tanh().unsqueeze(0));
        return _output.forward(states);
    }
}
