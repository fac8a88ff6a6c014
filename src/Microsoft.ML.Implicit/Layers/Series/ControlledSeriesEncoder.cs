using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Paths;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Series;

/// <summary>
/// A neural controlled differential equation dz = f(z, X) dX (Kidger, Morrill, Foster and Lyons, 2020) along a path of time, counts of observations and values;
/// with X a part of the state, whose own equation is dX = dX. Each piece of the path is one step of the classical Runge-Kutta method.
/// </summary>
internal sealed class ControlledSeriesEncoder : WholeSeriesEncoder
{
    private const int StagesPerStep = 4;

    [ComponentName(Name = "start")]
    private readonly Linear _start;

    [ComponentName(Name = "state")]
    private readonly Linear _state;

    [ComponentName(Name = "level")]
    private readonly Linear _level;

    [ComponentName(Name = "field")]
    private readonly Linear _field;

    private readonly SeriesPathReader _reader;
    private readonly long _stateWidth;

    public ControlledSeriesEncoder(SeriesShape shape, SeriesPathReader reader, long stateWidth, long hiddenWidth, Generator generator)
        : base(nameof(ControlledSeriesEncoder))
    {
        (_reader, _stateWidth) = (reader, stateWidth);
        _start = Initialization.Linear(reader.LevelCount + shape.Statics, stateWidth, generator);
        _state = Initialization.Linear(stateWidth, hiddenWidth, generator);
        _level = Initialization.Linear(reader.LevelCount, hiddenWidth, generator);
        _field = Initialization.Linear(hiddenWidth, stateWidth * reader.ChannelCount, generator);
        RegisterComponents();
    }

    public override long FeatureCount => _stateWidth;

    public override int Evaluations(long points) => StagesPerStep * _reader.PieceCount(points);

    public override Tensor Encode(SeriesInputs inputs)
    {
        SeriesPath path = _reader.Read(inputs);
        PathPieces pieces = path.Pieces;
        long count = pieces.Changes.shape[1];
        Tensor ends = path.Start.unsqueeze(1).Plus(pieces.Changes.narrow(2, 0, _reader.LevelCount).cumsum(1));
        Tensor starts = cat([path.Start.unsqueeze(1), ends.narrow(1, 0, count - 1)], 1);
        Tensor bend = (pieces.StartSlopes - pieces.EndSlopes).narrow(2, 0, _reader.LevelCount) / 8.Held();
        Tensor middles = (starts.Plus(ends) / 2.Held()).Plus(bend);

        // dX/ds and what a level adds to the hidden layer, at the start, in the middle and at the end of every piece.
        Tensor[] slopes = [pieces.StartSlopes, pieces.MiddleSlopes(), pieces.EndSlopes];
        Tensor[] levels = [.. ((Tensor[])[starts, middles, ends]).Select(_level.forward)];
        double scale = 1 / Math.Sqrt(_reader.ChannelCount);
        slopes = [.. slopes.Select(slope => (slope * scale.Held()).unsqueeze(3))];

        Tensor state = _start.forward(cat([path.Start, inputs.Statics], 1));
        for (long i = 0; i < count; i++)
        {
            Tensor Drive(Tensor at, int place)
            {
                Tensor hidden = _state.forward(at).Plus(levels[place].select(1, i)).relu();
                return _field.forward(hidden).tanh().view(-1, _stateWidth, _reader.ChannelCount).matmul(slopes[place].select(1, i)).squeeze(2);
            }

            Tensor k1 = Drive(state, 0);
            Tensor k2 = Drive(state.Plus(k1 / 2.Held()), 1);
            Tensor k3 = Drive(state.Plus(k2 / 2.Held()), 1);
            Tensor k4 = Drive(state.Plus(k3), 2);
            state = state.Plus(k1.Plus(2.Held() * k2.Plus(k3)).Plus(k4) / 6.Held());
        }

        return state;
    }
}
