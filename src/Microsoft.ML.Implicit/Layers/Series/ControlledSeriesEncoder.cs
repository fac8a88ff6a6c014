using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Paths;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Series;

/// <summary>
/// A neural controlled differential equation dz = f(z, X) dX (Kidger, Morrill, Foster and Lyons, 2020) along a path of time, counts of observations and values;
/// with X a part of the state, whose own equation is dX = dX. A piece of the path takes steps of the midpoint method as its change, in units of spread, asks for.
/// </summary>
internal sealed class ControlledSeriesEncoder : WholeSeriesEncoder
{
    private const int StagesPerStep = 2;

    [ComponentName(Name = "start")]
    private readonly Linear _start;

    [ComponentName(Name = "state")]
    private readonly Linear _state;

    [ComponentName(Name = "level")]
    private readonly Linear _level;

    [ComponentName(Name = "field")]
    private readonly Linear _field;

    private readonly SeriesPathReader _reader;
    private readonly int _mostSteps;
    private readonly long _stateWidth;

    /// <param name="shape">What is known of the series.</param>
    /// <param name="reader">Makes paths of them.</param>
    /// <param name="mostSteps">Steps that a piece takes at most.</param>
    /// <param name="stateWidth">Width of the state.</param>
    /// <param name="hiddenWidth">Width of the vector field's hidden layer.</param>
    /// <param name="generator">Source of initial weights.</param>
    public ControlledSeriesEncoder(SeriesShape shape, SeriesPathReader reader, int mostSteps, long stateWidth, long hiddenWidth, Generator generator)
        : base(nameof(ControlledSeriesEncoder))
    {
        (_reader, _mostSteps, _stateWidth) = (reader, mostSteps, stateWidth);
        _start = Initialization.Linear(reader.LevelCount + shape.Statics, stateWidth, generator);
        _state = Initialization.Linear(stateWidth, hiddenWidth, generator);
        _level = Initialization.Linear(reader.LevelCount, hiddenWidth, generator);
        _field = Initialization.Linear(hiddenWidth, stateWidth * reader.ChannelCount, generator);
        RegisterComponents();
    }

    public override long FeatureCount => _stateWidth;

    public override Tensor Encode(SeriesInputs inputs, out int evaluations)
    {
        SeriesPath path = _reader.Read(inputs);
        PathPieces pieces = _mostSteps == 1 ? path.Pieces : path.Pieces.Divide(Steps(path.Pieces));
        long count = pieces.Changes.shape[1];
        evaluations = StagesPerStep * (int)count;
        Tensor ends = path.Start.unsqueeze(1).Plus(pieces.Changes.narrow(2, 0, _reader.LevelCount).cumsum(1));
        Tensor starts = cat([path.Start.unsqueeze(1), ends.narrow(1, 0, count - 1)], 1);
        Tensor bend = (pieces.StartSlopes - pieces.EndSlopes).narrow(2, 0, _reader.LevelCount) / 8.Held();
        Tensor middles = (starts.Plus(ends) / 2.Held()).Plus(bend);

        // What a level adds to the hidden layer, and dX/ds, at the start and in the middle of every piece; half a step leads there.
        double scale = 1 / Math.Sqrt(_reader.ChannelCount);
        (Tensor[] startLevels, Tensor[] middleLevels) = (_level.forward(starts).unbind(1), _level.forward(middles).unbind(1));
        Tensor[] startSlopes = (pieces.StartSlopes * (scale / 2).Held()).unsqueeze(3).unbind(1), middleSlopes = (pieces.MiddleSlopes() * scale.Held()).unsqueeze(3).unbind(1);
        Tensor state = _start.forward(cat([path.Start, inputs.Statics], 1));
        for (int i = 0; i < count; i++)
        {
            Tensor middle = state.Plus(Drive(state, startLevels[i], startSlopes[i]));
            state = state.Plus(Drive(middle, middleLevels[i], middleSlopes[i]));
        }

        return state;
    }

    // As many for each piece as its root mean square change over the channels, in units of their spread.
    private Tensor Steps(PathPieces pieces)
    {
        using IDisposable noGradient = no_grad();
        Tensor change = pieces.Changes.narrow(2, 0, _reader.LevelCount).Squared().mean([2]).sqrt();
        return change.ceil().clamp(1.Held(), _mostSteps.Held()).to(ScalarType.Int64);
    }

    private Tensor Drive(Tensor state, Tensor level, Tensor slope)
    {
        Tensor hidden = _state.forward(state).Plus(level).relu();
        return _field.forward(hidden).tanh().view(-1, _stateWidth, _reader.ChannelCount).matmul(slope).squeeze(2);
    }
}
