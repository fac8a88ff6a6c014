using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using Microsoft.ML;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Roots;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using Microsoft.ML.Implicit.Solvers.Optimization;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using static TorchSharp.torch;

namespace Documentation.Snippets;

/// <summary>Where users start there is an example.</summary>
[TestClass]
public sealed class MemberExampleTests
{
    private static readonly Type[] Solvers = [typeof(IFixedPointSolver), typeof(IRootMethod), typeof(ILinearSolver), typeof(IQuadraticSolver), typeof(IMinimizer), typeof(ILeastSquaresMethod)];

    private static readonly HashSet<string> WithExample =
    [
        .. XDocument.Load(SnippetTests.LibraryDocumentation).Descendants("member").Where(member => member.Elements("example").Any()).Select(member => (string)member.Attribute("name")!),
    ];

    [TestMethod]
    public void Every_method_of_the_catalogs_has_an_example()
    {
        string[] names = [.. typeof(ImplicitCatalog).GetMethods().Where(method => method.IsDefined(typeof(ExtensionAttribute))).Select(method => method.Name)];
        int[] counts = [.. names.Distinct().Select(name => WithExample.Count(member => member.Split('(', '`')[0] == $"M:Microsoft.ML.ImplicitCatalog.{name}"))];
        Assert.AreEqual(names.Length, counts.Sum(), string.Join(", ", names.Distinct().Zip(counts)));
    }

    [TestMethod]
    public void Every_layer_and_solver_has_an_example()
    {
        string[] missing = [.. typeof(ImplicitCatalog).Assembly.GetExportedTypes().Where(IsEntryPoint).Select(type => type.FullName!).Where(name => !WithExample.Contains($"T:{name}"))];
        Assert.IsEmpty(missing, string.Join('\n', missing));
    }

    private static bool IsEntryPoint(Type type) =>
        (!type.IsAbstract && (type.IsSubclassOf(typeof(nn.Module)) || Solvers.Any(solver => solver.IsAssignableFrom(type))))
        || (type.IsAbstract && type.IsSealed && type.GetMethods(BindingFlags.Public | BindingFlags.Static).Any(method => method.Name == "Solve"));
}
