using System.Globalization;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Directions;

/// <summary>Learns the joint density of where Atlantic storms are on the globe, where they are heading and how fast they move.</summary>
internal static partial class StormDirections
{
    public static Sample Sample { get; } = new("directions", "places and headings of Atlantic storms, as points of a sphere and angles", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        (IDataView train, IDataView test) = LoadData(ml, settings);

        AnsiConsole.MarkupLine("[bold]Normalizing flow[/] on the sphere, the circle and the line");
        ITransformer model = TrainingProgressBar.Show("training", progress => Train(ml, train, settings.Device, progress));
        string path = settings.OutputPath("directions.zip");
        ml.Model.Save(model, train.Schema, path);

        ITransformer plain = TrainingProgressBar.Show("training on plain numbers", progress => TrainPlain(ml, train, settings.Device, progress));
        PrintMetrics(LogLikelihood(model, test), PlainLogLikelihood(ml, plain, test));
        (double latitude, double longitude) = (25, -75);
        StormMove[] moves = Draw(ml, path, count: 4000, settings.Seed);
        AnsiConsole.MarkupLine(string.Create(
            CultureInfo.InvariantCulture,
            $"At {latitude}° N, {-longitude}° W the likeliest heading is [bold]{LikeliestHeading(ml, path, latitude, longitude)}°[/] from north."));

        string plot = settings.OutputPath("directions.png");
        Plot(ml, test, moves, plot);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plot: {plot}");
    }
}
