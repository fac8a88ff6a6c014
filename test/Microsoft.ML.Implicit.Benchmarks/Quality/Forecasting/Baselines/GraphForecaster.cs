using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>
/// GraFITi (Yalavarthi et al., "GraFITi: Graphs for forecasting irregularly sampled time series", AAAI 2024): values known and asked for are edges of a graph between times and variables,
/// through which attention passes, with the published widths and rate. As published, edges that are asked for are attended to like others, which tells of each time what will be measured
/// then and thereafter; or they are not.
/// </summary>
/// <param name="device">Where it is trained.</param>
/// <param name="attendsToAsked">Whether edges that are asked for are attended to.</param>
internal sealed class GraphForecaster(Device device, bool attendsToAsked) : NeuralBaseline
{
    private const int Width = 128;
    private const int LayerCount = 4;
    private const int Heads = 1;

    private Linear _edgeStart = null!;
    private Linear _variableStart = null!;
    private Linear _timeStart = null!;
    private GraphLayer[] _layers = null!;
    private Linear _output = null!;

    public override string Name => attendsToAsked ? "graph attention, told what will be measured" : "graph attention";

    protected override Device Device => device;

    protected override int Steps => 4000;

    protected override double LearningRate => 1e-3;

    protected override nn.Module[] Create(QuestionScaling scaling, Panel panel)
    {
        _edgeStart = nn.Linear(2, Width);
        _variableStart = nn.Linear(scaling.VariableCount, Width);
        _timeStart = nn.Linear(1, Width);
        _layers = [.. Enumerable.Range(0, LayerCount).Select(_ => new GraphLayer(Width, Heads))];
        _output = nn.Linear(3 * Width, 1);
        return [_edgeStart, _variableStart, _timeStart, .. _layers, _output];
    }

    protected override Tensor Predict(QuestionBatch batch)
    {
        (long rows, long history, long variables) = (batch.Inputs.shape[0], batch.Inputs.shape[1], batch.Mask.shape[2]);
        long times = history + batch.Mask.shape[1];
        (Tensor knownRow, Tensor knownTime, Tensor knownVariable) = Edges(batch.Inputs.narrow(2, variables, variables));
        (Tensor askedRow, Tensor askedTime, Tensor askedVariable) = Edges(batch.Mask);
        Tensor timeOf = cat([(knownRow * times) + knownTime, (askedRow * times) + history + askedTime]);
        Tensor variableOf = cat([(knownRow * variables) + knownVariable, (askedRow * variables) + askedVariable]);
        Tensor values = batch.Inputs.flatten(0, 1).flatten().index_select(0, (((knownRow * history) + knownTime) * batch.Inputs.shape[2]) + knownVariable);
        Tensor asked = zeros([askedRow.shape[0]], values.dtype, values.device);
        Tensor edges = nn.functional.relu(_edgeStart.forward(stack([cat([values, asked]), cat([zeros_like(values), asked + 1])], 1)));
        Tensor timeNodes = _timeStart.forward(cat([Past(batch), batch.Ahead], 1).view(-1, 1)).sin();
        Tensor variableNodes = nn.functional.relu(_variableStart.forward(eye(variables, dtype: values.dtype, device: values.device))).repeat(rows, 1);
        long known = knownRow.shape[0], count = askedRow.shape[0];
        foreach (GraphLayer layer in _layers)
        {
            (timeNodes, variableNodes, edges) = layer.Map(timeNodes, variableNodes, edges, timeOf, variableOf, attendsToAsked ? known + count : known);
        }

        Tensor answers = _output.forward(cat(
            [
                edges.narrow(0, known, count),
                timeNodes.index_select(0, timeOf.narrow(0, known, count)),
                variableNodes.index_select(0, variableOf.narrow(0, known, count)),
            ],
            1)).squeeze(1);
        Tensor places = (((askedRow * batch.Mask.shape[1]) + askedTime) * variables) + askedVariable;
        return zeros([batch.Mask.numel()], answers.dtype, answers.device).index_add(0, places, answers, 1).view_as(batch.Mask);
    }

    // Times of the history before its end, in horizons.
    private static Tensor Past(QuestionBatch batch)
    {
        Tensor sinceStart = batch.Gaps.cumsum(1);
        return sinceStart - sinceStart.gather(1, batch.LastIndices.unsqueeze(1));
    }

    // Row, time and variable of what a mask [batch, times, variables] shows.
    private static (Tensor Row, Tensor Time, Tensor Variable) Edges(Tensor mask)
    {
        Tensor places = mask.nonzero();
        return (places.select(1, 0), places.select(1, 1), places.select(1, 2));
    }
}
