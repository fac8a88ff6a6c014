using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Densities;

/// <summary>
/// An autoregressive rational-quadratic spline flow (Durkan, Bekasov, Murray and Papamakarios, Neural spline flows, 2019): in each step, splines
/// whose parameters are a masked perceptron's, with columns in another order each time.
/// </summary>
internal sealed class SplineFlow : nn.Module<Tensor, Tensor>
{
    private const int StepCount = 5;
    private const int TrainingSteps = 3000;
    private const int StepsBetweenChecks = 100;
    private const int ChecksOfPatience = 5;
    private const int BatchSize = 256;
    private const double LearningRate = 1e-3;
    private const double LargestNorm = 5;

    private readonly ModuleList<MaskedPerceptron> _perceptrons;
    private readonly Tensor[] _orders;

    private SplineFlow(int columns, int width, double dropout, Device device, Generator generator)
        : base(nameof(SplineFlow))
    {
        _perceptrons = new ModuleList<MaskedPerceptron>([.. Enumerable.Range(0, StepCount).Select(_ => new MaskedPerceptron(columns, width, RationalQuadraticSpline.ParameterCount, dropout, device))]);
        foreach (MaskedPerceptron perceptron in _perceptrons)
        {
            perceptron.Initialise(generator);
        }

        _orders = [.. Enumerable.Range(0, StepCount).Select(step => (step == 0 ? arange(columns) : randperm(columns, generator: generator)).to(device))];
        RegisterComponents();
        this.to(device);
    }

    /// <summary>Trains flows of each width and dropout, each with the weights of its best check, and keeps the best on the validation rows.</summary>
    /// <param name="rows">Standardised training rows, [rows, columns], on the device that it is to be trained on.</param>
    /// <param name="validation">Validation rows.</param>
    /// <param name="settings">Width of hidden layers and dropout.</param>
    /// <param name="seed">Seed.</param>
    public static SplineFlow Fit(Tensor rows, Tensor validation, IEnumerable<(int Width, double Dropout)> settings, int seed) =>
        settings.Select(setting => Fit(rows, validation, setting.Width, setting.Dropout, seed)).MaxBy(fitted => fitted.LogDensity).Flow;

    /// <summary>Log densities of rows [rows, columns], in nats: [rows].</summary>
    public override Tensor forward(Tensor rows)
    {
        Tensor x = rows, logDeterminant = zeros(rows.shape[0], rows.dtype, rows.device);
        for (int step = 0; step < StepCount; step++)
        {
            x = x.index_select(1, _orders[step]);
            (x, Tensor logDerivatives) = RationalQuadraticSpline.Map(x, _perceptrons[step].forward(x));
            logDeterminant += logDerivatives.sum(1);
        }

        return logDeterminant - (0.5 * x.square().sum(1)) - (0.5 * rows.shape[1] * Math.Log(Math.Tau));
    }

    private static (SplineFlow Flow, double LogDensity) Fit(Tensor rows, Tensor validation, int width, double dropout, int seed)
    {
        var generator = new Generator((ulong)seed);
        manual_seed(seed);
        var flow = new SplineFlow((int)rows.shape[1], width, dropout, rows.device, generator);
        Parameter[] parameters = [.. flow.parameters()];
        Tensor[] best = [.. parameters.Select(parameter => parameter.detach().clone())];
        double bestLogDensity = double.NegativeInfinity;
        var optimizer = optim.Adam(parameters, LearningRate);
        int sinceBest = 0;
        for (int step = 1; step <= TrainingSteps && sinceBest < ChecksOfPatience; step++)
        {
            using DisposeScope scope = NewDisposeScope();
            foreach (var group in optimizer.ParamGroups)
            {
                group.LearningRate = LearningRate * 0.5 * (1 + Math.Cos(Math.PI * step / TrainingSteps));
            }

            optimizer.zero_grad();
            (-flow.forward(rows.index_select(0, randint(rows.shape[0], [Math.Min(BatchSize, rows.shape[0])], generator: generator).to(rows.device))).mean()).backward();
            nn.utils.clip_grad_norm_(parameters, LargestNorm);
            optimizer.step();
            if (step % StepsBetweenChecks != 0)
            {
                continue;
            }

            using IDisposable noGradient = no_grad();
            flow.eval();
            double logDensity = flow.forward(validation).mean().ToDouble();
            flow.train();
            sinceBest = logDensity > bestLogDensity ? 0 : sinceBest + 1;
            if (sinceBest == 0)
            {
                bestLogDensity = logDensity;
                Copy(parameters, best);
            }
        }

        using (no_grad())
        {
            Copy(best, parameters);
        }

        flow.eval();
        return (flow, bestLogDensity);
    }

    private static void Copy(Tensor[] source, Tensor[] target)
    {
        foreach ((Tensor from, Tensor to) in source.Zip(target))
        {
            to.copy_(from);
        }
    }
}
