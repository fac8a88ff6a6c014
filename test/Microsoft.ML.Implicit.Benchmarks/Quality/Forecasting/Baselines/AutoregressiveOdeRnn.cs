using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>
/// An autoregressive ODE-RNN (Rubanova et al., 2019): the state follows an ODE between observations and is updated by a
/// GRU cell at each; it is trained to forecast the next observation, and beyond the last one feeds on its own forecasts at
/// all times asked for.
/// </summary>
internal sealed class AutoregressiveOdeRnn : NeuralBaseline
{
    private const int Width = 48;
    private const int HiddenWidth = 64;
    private const int StepsPerGap = 2;
    private const double TimeScale = 10;
    private GRUCell _cell = null!;
    private Sequential _dynamics = null!;
    private Linear _output = null!;
    private int _variables;

    private float[][][] _answersInPasses = [];

    public override string Name => "autoregressive ODE-RNN";

    /// <summary>The network, and the same one, once trained, run through the times asked for in several passes, with steps as long as in training.</summary>
    public static IEnumerable<IForecastBaseline> AtOnceAndInPasses()
    {
        var network = new AutoregressiveOdeRnn();
        return [network, new Passes(network)];
    }

    protected override nn.Module[] Create(QuestionScaling scaling, Panel panel)
    {
        _variables = scaling.VariableCount;
        _cell = nn.GRUCell(2 * _variables, Width);
        _dynamics = nn.Sequential(("hidden", nn.Linear(Width, HiddenWidth)), ("activation", nn.Tanh()), ("output", nn.Linear(HiddenWidth, Width)));
        _output = nn.Linear(Width, _variables);
        return [_cell, _dynamics, _output];
    }

    protected override Tensor Predict(QuestionBatch batch)
    {
        Tensor state = zeros(batch.Inputs.shape[0], Width);
        for (long i = 0; i < batch.Inputs.shape[1]; i++)
        {
            Tensor next = _cell.forward(Observed(batch, i), Evolve(state, batch.Gaps.select(1, i).unsqueeze(1)));
            state = where((batch.LastIndices >= i).unsqueeze(1), next, state);
        }

        var forecasts = new List<Tensor>();
        Tensor before = zeros(batch.Inputs.shape[0], 1);
        for (long m = 0; m < batch.Ahead.shape[1]; m++)
        {
            Tensor now = batch.Ahead.select(1, m).unsqueeze(1);
            state = Evolve(state, (now - before).clamp_min(0));
            Tensor forecast = _output.forward(state);
            forecasts.Add(forecast);
            state = _cell.forward(cat([forecast, ones_like(forecast)], 1), state);
            before = now;
        }

        return stack(forecasts, 1);
    }

    protected override Tensor Loss(QuestionBatch batch, double progress)
    {
        Tensor state = zeros(batch.Inputs.shape[0], Width);
        Tensor error = zeros(1);
        Tensor count = zeros(1);
        for (long i = 0; i < batch.Inputs.shape[1]; i++)
        {
            state = Evolve(state, batch.Gaps.select(1, i).unsqueeze(1));
            Tensor observed = Observed(batch, i);
            if (i > 0)
            {
                Tensor mask = observed.narrow(1, _variables, _variables) * (batch.LastIndices >= i).unsqueeze(1);
                error += ((_output.forward(state) - observed.narrow(1, 0, _variables)).square() * mask).sum();
                count += mask.sum();
            }

            state = _cell.forward(observed, state);
        }

        return error / count.clamp_min(1);
    }

    protected override float[][][] Answer(QuestionScaling scaling, IReadOnlyList<Question> questions, int usual)
    {
        _answersInPasses = base.Answer(scaling, questions, usual);
        return AnswerInPasses(scaling, questions, int.MaxValue);
    }

    private Tensor Observed(QuestionBatch batch, long index) => batch.Inputs.select(1, index).narrow(1, 0, 2 * _variables);

    private Tensor Evolve(Tensor state, Tensor gap)
    {
        Tensor step = gap * (TimeScale / StepsPerGap);
        for (int i = 0; i < StepsPerGap; i++)
        {
            Tensor middle = state + (step / 2 * _dynamics.forward(state));
            state += step * _dynamics.forward(middle);
        }

        return state;
    }

    private sealed class Passes(AutoregressiveOdeRnn trained) : IForecastBaseline
    {
        public string Name => "ODE-RNN in passes";

        public float[][][] Answer(Panel panel, int seed)
        {
            if (trained._answersInPasses.Length == 0)
            {
                trained.Answer(panel, seed);
            }

            return trained._answersInPasses;
        }
    }
}
