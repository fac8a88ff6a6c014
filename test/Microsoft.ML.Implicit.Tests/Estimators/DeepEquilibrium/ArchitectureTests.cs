using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

/// <summary>The sizes of a network in a model file, which decide how much is allocated before its weights are read.</summary>
[TestClass]
public class ArchitectureTests
{
    private const EquilibriumCellKind Dense = EquilibriumCellKind.Dense;
    private const EquilibriumCellKind Convolutional = EquilibriumCellKind.MultiscaleConvolutional;

    [TestMethod]
    [DataRow(Dense, 0, 0, 0, 1, 0, 1, 1, 1)]
    [DataRow(Dense, 0, 0, 0, 700, 0, 1, 1, 1)]
    [DataRow(Dense, 0, 0, 0, 2, 900, 1, 1, 3)]
    [DataRow(Dense, 0, 0, 0, 3, 20, 40, 7, 5)]
    [DataRow(Dense, 0, 0, 0, 1, 0, 1, 500, 1)]
    [DataRow(Convolutional, 1, 2, 2, 4, 0, 4, 1, 1)]
    [DataRow(Convolutional, 1, 2, 2, 4, 0, 7, 300, 2)]
    [DataRow(Convolutional, 50, 2, 2, 200, 0, 5, 1, 1)]
    [DataRow(Convolutional, 3, 33, 64, 6336, 0, 16, 3, 1)]
    public void Sizes_of_a_written_network_are_read_back(
        EquilibriumCellKind cell, int channels, int height, int width, int features, int bins, int hidden, int outputs, int networks)
    {
        using DisposeScope scope = NewDisposeScope();
        DeepEquilibriumArchitecture architecture = Create(cell, new ImageShape(channels, height, width), features, bins, hidden, outputs, networks);
        using PredictionEnsemble ensemble = architecture.CreateEnsemble();
        DocumentWriter file = Written(architecture);
        file.Write("ensemble", ensemble);
        Assert.AreEqual(architecture, Read(file));
    }

    [TestMethod]
    [DataRow(Dense, 0, 0, 0, 200_000, 0, 500, 1, 1)]
    [DataRow(Dense, 0, 0, 0, 1, 200_000, 500, 1, 1)]
    [DataRow(Dense, 0, 0, 0, 1, 0, 500, 200_000, 1)]
    [DataRow(Dense, 0, 0, 0, 10, 0, 500, 1, 8)]
    [DataRow(Dense, 0, 0, 0, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, 1)]
    [DataRow(Convolutional, 1, 1, 200_000, 200_000, 0, 4, 1, 1)]
    [DataRow(Convolutional, 50_000, 2, 2, 200_000, 0, 400, 1, 1)]
    [DataRow(Convolutional, 1, 28, 28, 10, 0, 4, 1, 1)]
    [DataRow(Convolutional, 1 << 11, 1 << 11, 1 << 11, 1, 0, 4, 1, 1)]
    [DataRow(Convolutional, -1, -2, 2, 4, 0, 4, 1, 1)]
    public void Sizes_beyond_the_file_and_impossible_ones_are_refused(
        EquilibriumCellKind cell, int channels, int height, int width, int features, int bins, int hidden, int outputs, int networks)
    {
        DocumentWriter file = Written(Create(cell, new ImageShape(channels, height, width), features, bins, hidden, outputs, networks));
        file.Write("numbers", new byte[1 << 20]);
        Assert.ThrowsExactly<FormatException>(() => Read(file));
    }

    [TestMethod]
    public void Slots_of_sparse_features_are_read_back_and_bounded_by_the_file()
    {
        using DisposeScope scope = NewDisposeScope();
        DeepEquilibriumArchitecture architecture = Create(Dense, default, 1_000_000_000, 0, 40, 2, 1, slots: 300);
        using PredictionEnsemble ensemble = architecture.CreateEnsemble();
        DocumentWriter file = Written(architecture);
        file.Write("ensemble", ensemble);
        Assert.AreEqual(architecture, Read(file));

        DocumentWriter tooMany = Written(architecture with { Sizes = architecture.Sizes with { SlotCount = 30_000 } });
        tooMany.Write("numbers", new byte[1 << 20]);
        Assert.ThrowsExactly<FormatException>(() => Read(tooMany));
    }

    private static DeepEquilibriumArchitecture Create(EquilibriumCellKind cell, ImageShape image, int features, int bins, int hidden, int outputs, int networks, int slots = 0) =>
        new(new PredictionSizes(image, features, hidden, outputs, networks) { BinCount = bins, SlotCount = slots }, cell, EquilibriumSolverKind.Anderson, Tolerance: 1e-3, MaximumIterations: 30);

    private static DocumentWriter Written(DeepEquilibriumArchitecture architecture)
    {
        var writer = new DocumentWriter();
        architecture.Write(writer);
        return writer;
    }

    private static DeepEquilibriumArchitecture Read(DocumentWriter file) => DeepEquilibriumArchitecture.Read(ModelDocument.Parse(file.ToBytes()).Root);
}
